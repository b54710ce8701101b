import type { Program, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import {
  advanceResolver,
  startResolver,
  type ResolverState,
} from '../../workloads/client/resolver/resolver.ts';
import type { PolicyProtocol } from '../../policy/policy-protocol.ts';

/** How one question ended: an answer, an error by its name, or nothing in time. */
export type ProbeView = 'answered' | 'silence' | (string & {});

/** What one process of a prober asks: one host, several ports. `ICMP` is an echo request and has port 0. */
export interface PortQuestion {
  readonly protocol: PolicyProtocol | 'ICMP';
  readonly port: number;
}

interface ProbeState {
  readonly questions: readonly PortQuestion[];
  /** The address that is bound first; absent: the kernel's choice. */
  readonly source?: string;
  readonly resolver: ResolverState;
  readonly sockets: Record<SocketId, number>;
  readonly views: ProbeView[];
}

/** What the netexec of agnhost answers to on UDP. */
const QUESTION = { kind: 'bytes', text: 'hostname' } as const;

/** `probe-peers HOST QUESTIONS [SOURCE]`: the arguments for a process. */
export const probeArguments = (
  host: string,
  questions: readonly PortQuestion[],
  source?: string,
): string[] => [
  host,
  questions.map(({ protocol, port }) => `${protocol}/${port}`).join(','),
  ...(source === undefined ? [] : [source]),
];

function readQuestions(text: string): PortQuestion[] {
  return text.split(',').map((each) => {
    const [protocol = '', port = ''] = each.split('/');
    return { protocol: protocol as PortQuestion['protocol'], port: Number(port) };
  });
}

function askTcp(
  { protocol, port }: PortQuestion,
  { address, source }: { readonly address: string; readonly source?: string },
  calls: SystemCalls,
) {
  return calls.connect(
    { address, port },
    { ...(protocol === 'SCTP' && { protocol: 'sctp' }), ...(source !== undefined && { source }) },
  );
}

/** Opens a socket for a question and asks. */
function open(
  question: PortQuestion,
  target: { readonly address: string; readonly source?: string },
  calls: SystemCalls,
) {
  const { address, source } = target;
  if (question.protocol === 'TCP' || question.protocol === 'SCTP') {
    return askTcp(question, target, calls);
  }
  const opened = question.protocol === 'ICMP' ? calls.openPing() : calls.openUdp();
  if (!opened.ok) return opened;
  const options = source === undefined ? {} : { source };
  if (question.protocol === 'ICMP') calls.sendEcho(opened.socket, address, 1, options);
  else calls.sendTo(opened.socket, { address, port: question.port }, QUESTION, options);
  return opened;
}

function askAll(state: ProbeState, calls: SystemCalls): void {
  const { result } = state.resolver;
  if (!result) return;
  const address = result.ok ? result.addresses[0] : undefined;
  for (const [index, question] of state.questions.entries()) {
    if (address === undefined) {
      state.views[index] = result.ok ? 'no address' : result.error;
      continue;
    }
    const target = { address, ...(state.source !== undefined && { source: state.source }) };
    const opened = open(question, target, calls);
    if (opened.ok) state.sockets[opened.socket] = index;
    else state.views[index] = opened.error;
  }
}

function settle(state: ProbeState, socket: SocketId, view: ProbeView, calls: SystemCalls): void {
  const index = state.sockets[socket];
  if (index === undefined) return;
  delete state.sockets[socket];
  state.views[index] = view;
  calls.close(socket);
}

function viewOf({ error, icmp }: Extract<ProgramEvent, { type: 'failed' }>): ProbeView {
  return icmp ? `${error} (ICMP ${icmp.type} from ${icmp.from})` : error;
}

function hear(state: ProbeState, event: ProgramEvent, calls: SystemCalls): void {
  const { type } = event;
  if (type === 'failed') settle(state, event.socket, viewOf(event), calls);
  else if (type === 'ended') calls.close(event.socket);
  else if (type === 'connected' || type === 'datagram' || type === 'echo-reply') {
    settle(state, event.socket, 'answered', calls);
  }
}

/** Asks one host on several ports at once: a TCP connection, an SCTP association, a datagram, an echo request. */
export const PROBE_PEERS: Program<ProbeState> = {
  name: 'probe-peers',
  start([host = '', questions = '', source], calls) {
    const state: ProbeState = {
      questions: readQuestions(questions),
      ...(source !== undefined && { source }),
      resolver: startResolver(host, ['A'], calls),
      sockets: {},
      views: [],
    };
    askAll(state, calls);
    return state;
  },
  handle(state, event, calls) {
    if (state.resolver.result) hear(state, event, calls);
    else if (advanceResolver(state.resolver, event, calls)) askAll(state, calls);
  },
};

/** What a process has heard so far, one view for each question. */
export function viewsOf(state: unknown): readonly ProbeView[] {
  const { questions = [], views = [] } = (state ?? {}) as Partial<ProbeState>;
  return questions.map((_, index) => views[index] ?? 'silence');
}
