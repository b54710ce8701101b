import type { Errno, Program, SystemCalls } from '../linux/program.ts';
import type { Payload } from '../packet/payload.ts';

/** One forwarded connection, seen from the pod: what still has to be sent, and what has come. Plain data. */
export interface ForwardState {
  readonly port: number;
  socket?: number;
  isOpen: boolean;
  /** Why 127.0.0.1 did not answer; ::1 is tried after it. */
  firstError?: string;
  error?: string;
  readonly toPod: (Payload | 'end')[];
  readonly fromPod: Payload[];
}

/** The timer that tells the process of something new in `toPod`. */
export const INBOX = 'inbox';

const WORDS: Partial<Record<Errno, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ETIMEDOUT: 'connect: connection timed out',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
};

function dial(state: ForwardState, calls: SystemCalls, address: '127.0.0.1' | '::1'): void {
  const opened = calls.connect({ address, port: state.port });
  if (opened.ok) state.socket = opened.socket;
  else fail(state, opened.error, calls);
}

function fail(state: ForwardState, error: Errno, calls: SystemCalls): void {
  const words = WORDS[error] ?? `connect: ${error}`;
  if (state.isOpen) return calls.exit(1);
  if (state.firstError === undefined) {
    state.firstError = `dial tcp4 127.0.0.1:${state.port}: ${words}`;
    return dial(state, calls, '::1');
  }
  state.error = `IPv4: ${state.firstError} IPv6 dial tcp6 [::1]:${state.port}: ${words} `;
  calls.exit(1);
}

function sendWaiting({ socket, toPod, isOpen }: ForwardState, calls: SystemCalls): void {
  if (socket === undefined || !isOpen) return;
  for (const item of toPod.splice(0)) {
    if (item === 'end') calls.close(socket);
    else calls.send(socket, item);
  }
}

/**
 * The end of a port-forward in the pod's network namespace: it dials the pod's own localhost, IPv4 first, as containerd
 * does (pkg/cri/server/sandbox_portforward_linux.go), so rules of the pod's namespace and what listens there decide.
 */
export const FORWARD_PROGRAM: Program<ForwardState> = {
  name: 'port-forward',
  start([port], calls) {
    const state: ForwardState = { port: Number(port), isOpen: false, toPod: [], fromPod: [] };
    dial(state, calls, '127.0.0.1');
    return state;
  },
  handle(state, event, calls) {
    switch (event.type) {
      case 'connected':
        state.isOpen = true;
        return sendWaiting(state, calls);
      case 'timer':
        return sendWaiting(state, calls);
      case 'data':
        state.fromPod.push(event.payload);
        return;
      case 'ended':
        return calls.exit(0);
      case 'failed':
        return fail(state, event.error, calls);
      case 'signal':
        return calls.exit(0);
      case 'accepted':
      case 'connection-waiting':
      case 'datagram':
      case 'captured':
      case 'redirected':
      case 'echo-reply':
        return;
    }
  },
};
