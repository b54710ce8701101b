/** Frames of SPDY/3.1, as far as a port-forward uses them (draft-mbelshe-httpbis-spdy-00, 2.2 and 2.6). */
export type SpdyFrame =
  | {
      readonly type: 'data';
      readonly stream: number;
      readonly isLast: boolean;
      readonly payload: Buffer;
    }
  | {
      readonly type: 'open';
      readonly stream: number;
      readonly isLast: boolean;
      readonly block: Buffer;
    }
  | { readonly type: 'reset'; readonly stream: number }
  | { readonly type: 'ping'; readonly payload: Buffer }
  | { readonly type: 'goaway' }
  /** Settings, windows, priorities: nothing that we act on. */
  | { readonly type: 'other' };

const HEADER = 8;
const CONTROL = 0x8000_0000;
const STREAM = 0x7fff_ffff;
const VERSION = 3;
const FIN = 1;

const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;

function parseControl(type: number, flags: number, payload: Buffer): SpdyFrame {
  const first = payload.length >= 4 ? payload.readUInt32BE(0) & STREAM : 0;
  const isLast = (flags & FIN) !== 0;
  switch (type) {
    case SYN_STREAM:
      return { type: 'open', stream: first, isLast, block: payload.subarray(10) };
    case RST_STREAM:
      return { type: 'reset', stream: first };
    case PING:
      return { type: 'ping', payload };
    case GOAWAY:
      return { type: 'goaway' };
    default:
      return { type: 'other' };
  }
}

/** The whole frames at the beginning of `bytes`, and what is left of them. */
export function parseFrames(bytes: Buffer): { frames: SpdyFrame[]; rest: Buffer } {
  const frames: SpdyFrame[] = [];
  let at = 0;
  while (bytes.length - at >= HEADER) {
    const first = bytes.readUInt32BE(at);
    const second = bytes.readUInt32BE(at + 4);
    const length = second & 0xff_ffff;
    if (bytes.length - at < HEADER + length) break;
    const payload = bytes.subarray(at + HEADER, at + HEADER + length);
    const flags = second >>> 24;
    at += HEADER + length;
    if ((first & CONTROL) !== 0) frames.push(parseControl(first & 0xffff, flags, payload));
    else frames.push({ type: 'data', stream: first, isLast: (flags & FIN) !== 0, payload });
  }
  return { frames, rest: bytes.subarray(at) };
}

function frame(first: number, flags: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(first >>> 0);
  header.writeUInt32BE(((flags << 24) | payload.length) >>> 0, 4);
  return Buffer.concat([header, payload]);
}

const control = (type: number, payload: Buffer) =>
  frame(CONTROL | (VERSION << 16) | type, 0, payload);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const dataFrame = (stream: number, payload: Buffer, end: 'more' | 'last'): Buffer =>
  frame(stream, end === 'last' ? FIN : 0, payload);

export const replyFrame = (stream: number, block: Buffer): Buffer =>
  control(SYN_REPLY, Buffer.concat([uint32(stream), block]));

/** A ping is answered by itself. */
export const pingFrame = (payload: Buffer): Buffer => control(PING, payload);
