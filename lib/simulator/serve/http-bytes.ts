import type { HttpHeaders, HttpResponse } from '../packet/http-message.ts';
import type { Payload } from '../packet/payload.ts';

/*
 * The simulator moves messages, real sockets move bytes: a real client's HTTP/1.1 becomes the requests that simulated
 * servers know, and their responses become bytes. Everything else is carried as it is, one character a byte.
 */

const REQUEST_LINE = /^([A-Z]{3,16}) (\S+) HTTP\/(1\.[01])\r\n/;
/** What may still become a request line. */
const BEGINS_LIKE_A_REQUEST = /^[A-Z]{1,16}(?: [^\r\n]{0,8000}\r?)?$/;

const valueOf = (headers: HttpHeaders, wanted: string) =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

/** A chunked body from `at`: undefined while it is not whole. */
function readChunks(bytes: string, at: number): { body: string; end: number } | undefined {
  let body = '';
  for (let place = at; ;) {
    const line = bytes.indexOf('\r\n', place);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.slice(place, line), 16) || 0;
    const end = line + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (size === 0) return { body, end };
    body += bytes.slice(line + 2, line + 2 + size);
    place = end;
  }
}

const asText = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8');

function readRequest(bytes: string): { payload: Payload; rest: string } | undefined {
  const head = bytes.indexOf('\r\n\r\n');
  const line = REQUEST_LINE.exec(bytes);
  if (!line || head < 0) return undefined;
  const [whole, method = '', target = '', version] = line;
  const headers = bytes
    .slice(whole.length, head)
    .split('\r\n')
    .filter((text) => text.includes(':'))
    .map((text): [string, string] => {
      const colon = text.indexOf(':');
      return [text.slice(0, colon), text.slice(colon + 1).trim()];
    });
  const start = head + 4;
  const length = Number(valueOf(headers, 'content-length') ?? 0) || 0;
  const content = /chunked/i.test(valueOf(headers, 'transfer-encoding') ?? '')
    ? readChunks(bytes, start)
    : bytes.length < start + length
      ? undefined
      : { body: bytes.slice(start, start + length), end: start + length };
  if (!content) return undefined;
  const request = {
    method,
    target,
    version: version === '1.0' ? ('1.0' as const) : ('1.1' as const),
    headers,
    body: asText(content.body),
  };
  return { payload: { kind: 'http-request', request }, rest: bytes.slice(content.end) };
}

/** Turns the bytes of one connection into payloads, as soon as each is whole. */
export function createPayloadReader(): (piece: Buffer) => readonly Payload[] {
  let bytes = '';
  return (piece) => {
    bytes += piece.toString('latin1');
    const payloads: Payload[] = [];
    for (let found = readRequest(bytes); found; found = readRequest(bytes)) {
      payloads.push(found.payload);
      bytes = found.rest;
    }
    const waits = REQUEST_LINE.test(bytes) || BEGINS_LIKE_A_REQUEST.test(bytes);
    if (bytes === '' || waits) return payloads;
    payloads.push({ kind: 'bytes', text: bytes });
    bytes = '';
    return payloads;
  };
}

function responseBytes({ status, reason, headers, body }: HttpResponse): Buffer {
  const content = Buffer.from(body);
  const kept = headers.filter(([name]) => !/^transfer-encoding$/i.test(name));
  const hasLength = kept.some(([name]) => /^content-length$/i.test(name));
  const lines = [
    `HTTP/1.1 ${status} ${reason}`.trimEnd(),
    ...kept.map(([name, value]) => `${name}: ${value}`),
    ...(hasLength ? [] : [`Content-Length: ${content.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), content]);
}

/** What a real socket gets of a payload. */
export function bytesOf(payload: Payload): Buffer {
  switch (payload.kind) {
    case 'http-response':
      return responseBytes(payload.response);
    case 'bytes':
      // One character a byte, unless a program wrote more.
      return Buffer.from(payload.text, /^[\u0000-\u00ff]*$/.test(payload.text) ? 'latin1' : 'utf8');
    case 'http-request':
    case 'dns':
      return Buffer.alloc(0);
  }
}
