import type { WebSocket } from 'ws';
import type { PodSession } from '../apiserver/rest-types.ts';
import type { ContainerSession, SessionEnding } from './container-session.ts';
import type { Stream } from './serve-clock.ts';

/** The subprotocols of exec and attach, the one we like best first (KEP-4006). */
export const CHANNEL_PROTOCOLS: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** First byte of each message. Source: apimachinery pkg/util/remotecommand. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;
/** v5: the channel named by the next byte is closed. */
const CLOSE = 255;

const SUCCESS = { metadata: {}, status: 'Success' };

/** The Status of channel 3, as kube-apiserver's stream translator writes it. */
function statusOf(ending: SessionEnding): unknown {
  if (ending.type === 'failed') {
    const { message } = ending;
    return {
      metadata: {},
      status: 'Failure',
      message: `Internal error occurred: ${message}`,
      reason: 'InternalError',
      details: { causes: [{ message }] },
      code: 500,
    };
  }
  const { exitCode } = ending;
  if (exitCode === 0) return SUCCESS;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with exit code ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** Carries a container's streams over a WebSocket: one binary message a piece, its channel in the first byte. */
export function carryChannels(
  socket: WebSocket,
  asked: Extract<PodSession, { verb: 'exec' | 'attach' }>,
  session: ContainerSession,
): Stream {
  const decoder = new TextDecoder();
  let isGone = false;
  const send = (channel: number, text: string) => {
    if (text !== '') socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
  };
  socket.on('message', (data: Buffer) => {
    const [channel, named] = data;
    switch (channel) {
      case STDIN:
        if (asked.stdin) session.write(decoder.decode(data.subarray(1), { stream: true }));
        return;
      case CLOSE:
        if (named === STDIN) session.end();
        return;
      case RESIZE:
      case undefined:
      default:
        return;
    }
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    if (!isGone) session.hangUp();
    isGone = true;
  });
  return {
    poll() {
      if (isGone) return 'over';
      const { stdout, stderr, ending } = session.poll();
      if (asked.stdout) send(STDOUT, stdout);
      // A terminal has one stream for both.
      if (asked.tty) send(STDOUT, stderr);
      else if (asked.stderr) send(STDERR, stderr);
      if (ending) {
        isGone = true;
        send(ERROR, JSON.stringify(statusOf(ending)));
        socket.close(1000);
        return 'over';
      }
      return stdout + stderr === '' ? 'quiet' : 'sent';
    },
  };
}
