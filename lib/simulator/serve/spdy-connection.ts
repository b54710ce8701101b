import { dataFrame, parseFrames, pingFrame, replyFrame, type SpdyFrame } from './spdy-frames.ts';
import { createHeaderCodec, type SpdyHeaders } from './spdy-headers.ts';

/** What a connection tells whoever serves its streams, in the order of the wire. */
export interface SpdyStreams {
  opened(stream: number, headers: SpdyHeaders): void;
  data(stream: number, payload: Buffer, isLast: boolean): void;
  reset(stream: number): void;
  /** The other side says goodbye, or what it sends is no SPDY. */
  closed(): void;
}

/** The serving side of one SPDY/3.1 connection. Simplified: no flow control, as in moby/spdystream, which kubectl uses. */
export class SpdyConnection {
  private readonly headers = createHeaderCodec();
  private rest = Buffer.alloc(0);
  private queue: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(
    private readonly write: (bytes: Buffer) => void,
    private readonly streams: SpdyStreams,
  ) {}

  /** Bytes of the wire, cut anywhere. */
  receive(bytes: Buffer): void {
    const { frames, rest } = parseFrames(Buffer.concat([this.rest, bytes]));
    this.rest = Buffer.from(rest);
    for (const frame of frames) this.enqueue(() => this.handle(frame));
  }

  send(stream: number, payload: Buffer, end: 'more' | 'last'): void {
    if (!this.isClosed) this.write(dataFrame(stream, payload, end));
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.headers.close();
  }

  /** Header blocks take a moment to unpack; whatever is behind them waits. */
  private enqueue(work: () => Promise<void> | void): void {
    this.queue = this.queue
      .then(() => (this.isClosed ? undefined : work()))
      .catch(() => {
        if (!this.isClosed) this.streams.closed();
      });
  }

  private async handle(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case 'open': {
        const headers = await this.headers.decode(frame.block);
        const block = await this.headers.encode({});
        if (this.isClosed) return;
        this.write(replyFrame(frame.stream, block));
        this.streams.opened(frame.stream, headers);
        if (frame.isLast) this.streams.data(frame.stream, Buffer.alloc(0), true);
        return;
      }
      case 'data':
        return this.streams.data(frame.stream, frame.payload, frame.isLast);
      case 'reset':
        return this.streams.reset(frame.stream);
      case 'ping':
        return this.write(pingFrame(frame.payload));
      case 'goaway':
        return this.streams.closed();
      case 'other':
        return;
    }
  }
}
