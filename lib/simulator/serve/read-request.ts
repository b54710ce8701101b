import type { IncomingMessage } from 'node:http';

/** kube-apiserver's own limit of a request's body (MaxRequestBodyBytes). */
export const BODY_LIMIT = 3 * 1024 * 1024;

/** Protobuf is bytes, one character each; everything else that kubectl sends is text. */
const encodingOf = (request: IncomingMessage) =>
  request.headers['content-type']?.includes('protobuf') === true ? 'latin1' : 'utf8';

/** A request's body; undefined when it is larger than the limit, or the client went away. */
export function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('end', () =>
      resolve(size > BODY_LIMIT ? undefined : Buffer.concat(chunks).toString(encodingOf(request))),
    );
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
  });
}

/** Headers with names in lower case; repeated ones are joined by commas. */
export function flattenHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
}
