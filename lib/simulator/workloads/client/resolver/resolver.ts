import { SECOND } from '../../../base/clock.ts';
import { ipVersion } from '../../../base/ip.ts';
import type { ProgramEvent, SocketId, SystemCalls } from '../../../linux/program.ts';
import type { DnsMessage, ResourceRecord } from '../../../packet/dns-message.ts';
import { flowFrom, recordDnsAnswer, recordDnsQuestion } from '../../application-steps.ts';
import { hostsEntriesOf, parseHosts } from './hosts-file.ts';
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts';

export type AddressType = 'A' | 'AAAA';

/** How getaddrinfo(3) ends. `because` EAI_AGAIN nobody answered; EAI_NODATA the name exists without addresses. */
export type Resolution =
  | { readonly ok: true; readonly addresses: readonly string[]; readonly canonicalName: string }
  | { readonly ok: false; readonly error: 'EAI_NONAME' | 'EAI_NODATA' | 'EAI_AGAIN' };

/** A look-up under way: part of the client's state, plain data. Done when `result` is there. */
export interface ResolverState {
  readonly name: string;
  readonly types: readonly AddressType[];
  readonly config: ResolvConf;
  /** Absolute names in the order in which they are tried. */
  readonly candidates: readonly string[];
  candidate: number;
  attempt: number;
  server: number;
  socket?: SocketId;
  /** Answers of the present candidate. */
  answers: Partial<Record<AddressType, DnsMessage>>;
  gotNoData: boolean;
  gotServerFailure: boolean;
  /** What the name as it was typed gave, when that was tried first. */
  asIs?: 'EAI_NONAME' | 'EAI_NODATA' | 'EAI_AGAIN';
  result?: Resolution;
}

/** The timer of every resolver; a program has one look-up at a time. */
export const RESOLVER_TIMER = 'resolver';

const ERROR_TEXTS = {
  EAI_NONAME: 'Name or service not known',
  EAI_NODATA: 'No address associated with hostname',
  EAI_AGAIN: 'Temporary failure in name resolution',
} as const;

/** gai_strerror(3). */
export const resolutionErrorText = (error: keyof typeof ERROR_TEXTS) => ERROR_TEXTS[error];

/**
 * Names that are asked for, in order (glibc resolv/res_query.c `__res_context_search`): as typed first when it has at
 * least ndots dots, then with every search domain, else as typed at last; a final dot stops all that.
 */
export function candidateNames(name: string, { search, ndots }: ResolvConf): readonly string[] {
  if (name.endsWith('.')) return [name];
  const dots = name.split('.').length - 1;
  const searched = search.map((domain) => (domain === '' ? `${name}.` : `${name}.${domain}.`));
  return dots >= ndots ? [`${name}.`, ...searched] : [...searched, `${name}.`];
}

function fromHosts(
  name: string,
  types: readonly AddressType[],
  calls: SystemCalls,
): Resolution | undefined {
  const entries = hostsEntriesOf(parseHosts(calls.readFile('/etc/hosts') ?? ''), name);
  const wanted = entries.filter(({ address }) =>
    types.includes(ipVersion(address) === 6 ? 'AAAA' : 'A'),
  );
  if (wanted.length === 0) return undefined;
  return {
    ok: true,
    addresses: wanted.map(({ address }) => address),
    canonicalName: wanted[0]?.names[0] ?? name,
  };
}

/** Begins a look-up as getaddrinfo(3) does: a literal address, /etc/hosts, then DNS with A and AAAA side by side. */
export function startResolver(
  name: string,
  types: readonly AddressType[],
  calls: SystemCalls,
): ResolverState {
  const config = parseResolvConf(calls.readFile('/etc/resolv.conf') ?? '');
  const state: ResolverState = {
    name,
    types,
    config,
    candidates: candidateNames(name, config),
    candidate: 0,
    attempt: 0,
    server: 0,
    answers: {},
    gotNoData: false,
    gotServerFailure: false,
  };
  if (ipVersion(name) !== undefined) {
    state.result = { ok: true, addresses: [name], canonicalName: name };
    return state;
  }
  const known = fromHosts(name.replace(/\.$/, ''), types, calls);
  if (known) state.result = known;
  else if (!/^[A-Za-z0-9_.-]+$/.test(name) || name.split('.').some((label) => label.length > 63))
    state.result = { ok: false, error: 'EAI_NONAME' };
  else ask(state, calls);
  return state;
}

/** The server that is asked now; `rotate` is left out: it only matters across look-ups of one process. */
const serverOf = ({ config, server }: ResolverState) => ({
  address: config.nameservers[server] ?? '127.0.0.1',
  port: 53,
});

/** Seconds one server gets (resolv/res_send.c `send_dg`). */
function patience({ config, server }: ResolverState): number {
  const seconds = config.timeout * 2 ** server;
  return Math.max(1, server > 0 ? Math.floor(seconds / config.nameservers.length) : seconds);
}

function ask(state: ResolverState, calls: SystemCalls): void {
  const opened = calls.openUdp();
  if (!opened.ok) {
    nextServer(state, calls);
    return;
  }
  state.socket = opened.socket;
  const server = serverOf(state);
  const name = state.candidates[state.candidate]!;
  calls.setTimer(RESOLVER_TIMER, patience(state) * SECOND);
  for (const type of state.types) {
    if (state.answers[type]) continue;
    const message = questionMessage(name, type, Math.floor(calls.random() * 65_536));
    calls.sendTo(opened.socket, server, { kind: 'dns', message });
    recordDnsQuestion(calls, flowFrom(calls, opened.socket, server, 'udp'), name, type);
  }
}

/** A question with recursion desired. */
export function questionMessage(
  name: string,
  type: DnsMessage['question']['type'],
  id: number,
): DnsMessage {
  return {
    id,
    isResponse: false,
    question: { name, type },
    responseCode: 'NOERROR',
    isAuthoritative: false,
    isTruncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    answers: [],
    authority: [],
    additional: [],
  };
}

function closeSocket(state: ResolverState, calls: SystemCalls): void {
  calls.clearTimer(RESOLVER_TIMER);
  if (state.socket !== undefined) calls.close(state.socket);
  delete state.socket;
}

/** Silence or a refusal: the next server, after the last one the next attempt, after the last attempt the end. */
function nextServer(state: ResolverState, calls: SystemCalls): void {
  closeSocket(state, calls);
  state.server += 1;
  if (state.server >= state.config.nameservers.length) {
    state.server = 0;
    state.attempt += 1;
  }
  if (state.attempt < state.config.attempts) ask(state, calls);
  else if (Object.values(state.answers).length > 0) judgeAnswers(state, calls);
  else state.result = { ok: false, error: 'EAI_AGAIN' };
}

const isFailure = ({ responseCode }: DnsMessage) =>
  responseCode === 'SERVFAIL' || responseCode === 'NOTIMP' || responseCode === 'REFUSED';

/** The name at the end of the aliases, and its addresses. */
function followAliases(
  name: string,
  answers: readonly ResourceRecord[],
  type: AddressType,
): { canonicalName: string; addresses: readonly string[] } {
  const aliases = new Map(
    answers
      .filter((record) => record.type === 'CNAME')
      .map((record) => [record.name.toLowerCase(), record.data]),
  );
  let canonicalName = name;
  for (let i = 0; i < 16; i++) {
    const next = aliases.get(canonicalName.toLowerCase());
    if (next === undefined) break;
    canonicalName = next;
  }
  const addresses = answers
    .filter(
      (record) => record.type === type && record.name.toLowerCase() === canonicalName.toLowerCase(),
    )
    .map(({ data }) => data);
  return { canonicalName, addresses };
}

/** RFC 6724 in short: IPv6 first when the machine has an IPv6 address, else IPv4 first. */
function inPreferredOrder(addresses: readonly string[], calls: SystemCalls): readonly string[] {
  const first = calls.localAddresses().some((local) => ipVersion(local) === 6) ? 6 : 4;
  return [
    ...addresses.filter((address) => ipVersion(address) === first),
    ...addresses.filter((address) => ipVersion(address) !== first),
  ];
}

function judgeAnswers(state: ResolverState, calls: SystemCalls): void {
  closeSocket(state, calls);
  const name = state.candidates[state.candidate]!;
  const found = state.types.flatMap((type) => {
    const message = state.answers[type];
    return message ? [followAliases(name, message.answers, type)] : [];
  });
  const addresses = found.flatMap((one) => one.addresses);
  const named = found.find((one) => one.addresses.length > 0);
  if (named) {
    state.result = {
      ok: true,
      addresses: inPreferredOrder(addresses, calls),
      canonicalName: named.canonicalName.replace(/\.$/, ''),
    };
    return;
  }
  nextCandidate(state, calls);
}

type CandidateOutcome = 'EAI_NONAME' | 'EAI_NODATA' | 'EAI_AGAIN';

function outcomeOf({ answers }: ResolverState): CandidateOutcome {
  const messages = Object.values(answers);
  if (messages.some(isFailure)) return 'EAI_AGAIN';
  return messages.some(({ responseCode }) => responseCode === 'NOERROR')
    ? 'EAI_NODATA'
    : 'EAI_NONAME';
}

function nextCandidate(state: ResolverState, calls: SystemCalls): void {
  const outcome = outcomeOf(state);
  const isAsTyped = state.candidates[state.candidate] === `${state.name.replace(/\.$/, '')}.`;
  if (isAsTyped) state.asIs = outcome;
  if (outcome === 'EAI_NODATA') state.gotNoData = true;
  if (outcome === 'EAI_AGAIN') state.gotServerFailure = true;
  state.candidate += 1;
  if (state.candidate < state.candidates.length) {
    state.server = 0;
    state.attempt = 0;
    state.answers = {};
    ask(state, calls);
    return;
  }
  const error =
    state.asIs !== undefined && state.asIs !== 'EAI_NONAME'
      ? state.asIs
      : state.gotNoData
        ? 'EAI_NODATA'
        : state.gotServerFailure
          ? 'EAI_AGAIN'
          : 'EAI_NONAME';
  state.result = { ok: false, error };
}

function hear(state: ResolverState, message: DnsMessage, calls: SystemCalls): void {
  const { question } = message;
  const type = state.types.find((one) => one === question.type);
  const name = state.candidates[state.candidate] ?? '';
  if (!type || !message.isResponse || question.name.toLowerCase() !== name.toLowerCase()) return;
  recordDnsAnswer(calls, flowFrom(calls, state.socket!, serverOf(state), 'udp'), message);
  const isLastTry =
    state.attempt === state.config.attempts - 1 &&
    state.server === state.config.nameservers.length - 1;
  if (isFailure(message) && !isLastTry) {
    nextServer(state, calls);
    return;
  }
  state.answers[type] = message;
  if (state.types.every((one) => state.answers[one])) judgeAnswers(state, calls);
}

/**
 * Hands an event to the look-up. True when it was meant for it; look at `result` then.
 *
 * Simplified: the rules are glibc's for every image; musl (Alpine) asks all servers at once and never tries the search
 * list for a name with enough dots.
 */
export function advanceResolver(
  state: ResolverState,
  event: ProgramEvent,
  calls: SystemCalls,
): boolean {
  if (state.result) return false;
  if (event.type === 'timer' && event.name === RESOLVER_TIMER) {
    nextServer(state, calls);
    return true;
  }
  if (state.socket === undefined) return false;
  if (event.type === 'datagram' && event.socket === state.socket) {
    if (event.payload.kind === 'dns') hear(state, event.payload.message, calls);
    return true;
  }
  if (event.type === 'failed' && event.socket === state.socket) {
    nextServer(state, calls);
    return true;
  }
  return false;
}
