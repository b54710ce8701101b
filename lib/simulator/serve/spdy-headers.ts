import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { SPDY_DICTIONARY } from './spdy-dictionary.ts';

/** Header names in lower case, as SPDY has them. */
export type SpdyHeaders = Readonly<Record<string, string>>;

const options = { dictionary: SPDY_DICTIONARY, flush: constants.Z_SYNC_FLUSH };

/** Puts a piece through a zlib stream that goes on after it. */
function pass(stream: Inflate | Deflate, piece: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.write(piece, () => {
      stream.off('error', reject);
      resolve((stream.read() as Buffer | null) ?? Buffer.alloc(0));
    });
  });
}

function parseBlock(block: Buffer): SpdyHeaders {
  const headers: Record<string, string> = {};
  let at = 4;
  const next = () => {
    const length = block.readUInt32BE(at);
    at += 4 + length;
    return block.toString('utf8', at - length, at);
  };
  for (let left = block.readUInt32BE(0); left > 0; left -= 1) {
    const name = next();
    headers[name.toLowerCase()] = next();
  }
  return headers;
}

function formatBlock(headers: SpdyHeaders): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(Object.keys(headers).length);
  const texts = Object.entries(headers).flat();
  return Buffer.concat([
    count,
    ...texts.flatMap((text) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(text));
      return [length, Buffer.from(text)];
    }),
  ]);
}

/** The header blocks of one connection: each way is one zlib stream, so blocks must pass in the order of the wire. */
export function createHeaderCodec() {
  const inflate = createInflate(options);
  const deflate = createDeflate(options);
  return {
    decode: async (block: Buffer): Promise<SpdyHeaders> => parseBlock(await pass(inflate, block)),
    encode: (headers: SpdyHeaders): Promise<Buffer> => pass(deflate, formatBlock(headers)),
    close() {
      inflate.close();
      deflate.close();
    },
  };
}
