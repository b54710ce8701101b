import { encodeBase64Bytes } from '../base/base64.ts';
import { MESSAGES } from './protobuf-messages.ts';

/** One field of a message: see `MESSAGES` for the marks. */
interface Notation {
  readonly name: string;
  readonly mark: string;
  readonly message: string | undefined;
}

const parsed = new Map<string, ReadonlyMap<number, Notation>>();

function fieldsOf(message: string): ReadonlyMap<number, Notation> | undefined {
  const text = MESSAGES[message];
  if (text === undefined || parsed.has(message)) return parsed.get(message);
  const fields = new Map(
    text.split(' ').map((field) => {
      const [, number = '', name = '', mark = '', inner] =
        /^(\d+)=(\w+)(\[\]|\{b?\}|[#?!~+])?(?::(\w+))?$/.exec(field) ?? [];
      return [Number(number), { name, mark, message: inner }] as const;
    }),
  );
  parsed.set(message, fields);
  return fields;
}

interface Wire {
  readonly number: number;
  /** A number for varints, bytes (one character each) otherwise. */
  readonly value: number | string;
}

/** Tags and values of one message; undefined when the bytes end in the middle. */
function readWire(bytes: string): Wire[] | undefined {
  const fields: Wire[] = [];
  let at = 0;
  const varint = (): number | undefined => {
    let result = 0;
    for (let shift = 0; shift < 63 && at < bytes.length; shift += 7) {
      const byte = bytes.charCodeAt(at++);
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined) return undefined;
    const number = Math.floor(tag / 8);
    const value = varint();
    if (value === undefined) return undefined;
    if (tag % 8 === 0) fields.push({ number, value });
    else if (tag % 8 === 2 && at + value <= bytes.length) {
      fields.push({ number, value: bytes.slice(at, at + value) });
      at += value;
    } else return undefined;
  }
  return fields;
}

/** Bytes, one character each, as the text they spell in UTF-8. */
function decodeUtf8(bytes: string): string {
  try {
    return decodeURIComponent(
      [...bytes].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join(''),
    );
  } catch {
    return bytes;
  }
}

/** Key and value of an entry of a map. */
function readEntry(bytes: string, { mark, message }: Notation): [string, unknown] | undefined {
  const wire = readWire(bytes);
  if (!wire) return undefined;
  const bytesOf = (number: number) => {
    const value = wire.find((field) => field.number === number)?.value;
    return typeof value === 'string' ? value : '';
  };
  const value = bytesOf(2);
  if (mark === '{b}') return [decodeUtf8(bytesOf(1)), encodeBase64Bytes(value)];
  return [
    decodeUtf8(bytesOf(1)),
    message === undefined ? decodeUtf8(value) : readMessage(value, message),
  ];
}

function readField(
  target: Record<string, unknown>,
  notation: Notation,
  value: number | string,
): void {
  const { name, mark, message } = notation;
  if (typeof value === 'number') {
    if (mark === '!') target[name] = value !== 0;
    else if (mark === '~' && value !== 0) target[name] = true;
    else if (mark === '?' || value !== 0) target[name] = value;
    return;
  }
  if (mark.startsWith('{')) {
    const entry = readEntry(value, notation);
    if (entry) target[name] = { ...(target[name] as object | undefined), [entry[0]]: entry[1] };
    return;
  }
  const inner = message === undefined ? decodeUtf8(value) : readMessage(value, message);
  if (mark === '[]') target[name] = [...((target[name] as unknown[] | undefined) ?? []), inner];
  else if (mark === '+') Object.assign(target, inner);
  else if (inner !== '' && inner !== undefined) target[name] = inner;
}

function readMessage(bytes: string, name: string): unknown {
  const wire = readWire(bytes);
  const message = fieldsOf(name);
  if (!wire || !message) return undefined;
  const result: Record<string, unknown> = {};
  for (const { number, value } of wire) {
    const notation = message.get(number);
    if (notation !== undefined) readField(result, notation, value);
  }
  if (name === 'Quantity') return result['string'] ?? '0';
  if (name !== 'IntOrString') return result;
  return result['type'] === 1 ? result['strVal'] : (result['intVal'] ?? 0);
}

/** The mark that the API's protobuf bodies begin with. */
export const PROTOBUF_MARK = 'k8s\0';

/** A protobuf body (one character per byte) as plain data; undefined when it is none that we know. */
export function readProtobuf(body: string): unknown {
  if (!body.startsWith(PROTOBUF_MARK)) return undefined;
  const envelope = readWire(body.slice(PROTOBUF_MARK.length));
  const bytesOf = (number: number) => {
    const value = envelope?.find((field) => field.number === number)?.value;
    return typeof value === 'string' ? value : '';
  };
  const type = readMessage(bytesOf(1), 'TypeMeta') as
    { apiVersion?: string; kind?: string } | undefined;
  const object = type?.kind === undefined ? undefined : readMessage(bytesOf(2), type.kind);
  return object === undefined ? undefined : { ...type, ...(object as object) };
}
