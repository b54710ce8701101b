import type { SocketAddress } from '../base/flow.ts';
import type { Errno, Program, ProgramEvent, SystemCalls } from '../linux/program.ts';
import { icmpNumbers } from '../packet/icmp-numbers.ts';

/** Who answered, and from where it thinks the question came. */
export interface Answer {
  readonly by: string;
  readonly client: SocketAddress;
}

/** How a probe ended, as its client saw it. Plain data: the same from the simulator and from the kernel. */
export type ClientView =
  | { readonly type: 'answered'; readonly answer: Answer; readonly from: SocketAddress }
  | { readonly type: 'failed'; readonly error: Errno }
  /** `icmp`: type and code, as `3/3`. */
  | { readonly type: 'icmp'; readonly icmp: string; readonly from: string }
  | { readonly type: 'silence' };

export const encodeAnswer = ({ by, client }: Answer) => `${by} ${client.address} ${client.port}`;

export function decodeAnswer(text: string): Answer {
  const [by = '', address = '', port = ''] = text.split(' ');
  return { by, client: { address, port: Number(port) } };
}

const bytes = (text: string) => ({ kind: 'bytes', text }) as const;

/** `probe-server NAME PORT...`: answers on TCP and UDP with its name and who asked. */
const SERVER: Program<{ readonly name: string }> = {
  name: 'probe-server',
  start([name = '', ...ports], calls) {
    for (const port of ports) {
      calls.listen(Number(port));
      calls.openUdp(Number(port));
    }
    return { name };
  },
  handle({ name: by }, event, calls) {
    if (event.type === 'datagram') {
      calls.sendTo(event.socket, event.from, bytes(encodeAnswer({ by, client: event.from })));
    } else if (event.type === 'data') {
      const client = calls.peerAddress(event.socket);
      if (client) calls.send(event.socket, bytes(encodeAnswer({ by, client })));
    } else if (event.type === 'ended') calls.close(event.socket);
  },
};

/** What a client's process prints: how it ended, and the port it asked from. */
export interface ClientReport {
  readonly view: ClientView;
  /** What the call that sent a datagram said. */
  readonly sending: 'sent' | 'EPERM';
  readonly port: number;
}

interface ClientState {
  port: number;
  sending: ClientReport['sending'];
}

function finish(view: ClientView, state: ClientState, calls: SystemCalls): void {
  const report: ClientReport = { view, ...state };
  calls.print(JSON.stringify(report));
  calls.exit(0);
}

function viewOfFailure({ icmp, error }: Extract<ProgramEvent, { type: 'failed' }>): ClientView {
  if (!icmp) return { type: 'failed', error };
  const protocol = icmp.from.includes(':') ? 'icmpv6' : 'icmp';
  const { type, code } = icmpNumbers({ protocol, type: icmp.type });
  return { type: 'icmp', icmp: `${type}/${code}`, from: icmp.from };
}

function hearAnswer(
  event: Extract<ProgramEvent, { type: 'data' | 'datagram' }>,
  state: ClientState,
  calls: SystemCalls,
): void {
  const text = event.payload.kind === 'bytes' ? event.payload.text : '';
  const from = event.type === 'datagram' ? event.from : calls.peerAddress(event.socket);
  if (!from) return;
  if (event.type === 'data') calls.close(event.socket);
  finish({ type: 'answered', answer: decodeAnswer(text), from }, state, calls);
}

function hear(event: ProgramEvent, state: ClientState, calls: SystemCalls): void {
  if (event.type === 'connected') calls.send(event.socket, bytes('who'));
  else if (event.type === 'data' || event.type === 'datagram') hearAnswer(event, state, calls);
  else if (event.type === 'ended') finish({ type: 'failed', error: 'ECONNRESET' }, state, calls);
  else if (event.type === 'failed') finish(viewOfFailure(event), state, calls);
}

/** `probe-client tcp|udp ADDRESS PORT OWN-PORT`: asks once from the given port, prints how that ended, as JSON. */
const CLIENT: Program<ClientState> = {
  name: 'probe-client',
  start([protocol, address = '', port = '0', ownPort = '0'], calls) {
    const to = { address, port: Number(port) };
    const sourcePort = Number(ownPort);
    const opened =
      protocol === 'tcp' ? calls.connect(to, { sourcePort }) : calls.openUdp(sourcePort);
    const state: ClientState = { port: 0, sending: 'sent' };
    if (!opened.ok) {
      finish({ type: 'failed', error: opened.error }, state, calls);
      return state;
    }
    state.port = calls.localAddress(opened.socket)?.port ?? 0;
    if (protocol === 'udp') state.sending = calls.sendTo(opened.socket, to, bytes('who'));
    return state;
  },
  handle: (state, event, calls) => hear(event, state, calls),
};

/** The programs that ask and answer in the simulated cluster, by name. */
export const PROBE_PROGRAMS: Readonly<Record<string, Program>> = {
  [SERVER.name]: SERVER,
  [CLIENT.name]: CLIENT,
};
