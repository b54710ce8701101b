import { SECOND, type Micros } from '../../../base/clock.ts';
import type { SocketAddress } from '../../../base/flow.ts';
import type { Errno, ProgramEvent, SocketId, SystemCalls } from '../../../linux/program.ts';
import type { DnsMessage, DnsQuestion } from '../../../packet/dns-message.ts';
import { flowFrom, recordDnsAnswer, recordDnsQuestion } from '../../application-steps.ts';
import { questionMessage } from './question-message.ts';

/** One question to one server at a time, as dig, host and nslookup ask it. Plain data. */
export interface DnsExchange {
  readonly question: DnsQuestion;
  readonly servers: readonly SocketAddress[];
  /** Seconds that each try may take. */
  readonly timeout: number;
  /** How often each server is asked. */
  readonly tries: number;
  readonly edns?: DnsMessage['edns'];
  /** What is done with an answer that was cut off. */
  readonly whenTruncated: 'retry-over-tcp' | 'keep';
  transport: 'udp' | 'tcp';
  tried: number;
  socket?: SocketId;
  id: number;
  startedAt: Micros;
}

/** How one try ended. `isLast`: nobody is left to ask. */
export type ExchangeOutcome =
  | {
      readonly type: 'answer';
      readonly message: DnsMessage;
      readonly server: SocketAddress;
      readonly took: Micros;
      readonly transport: 'udp' | 'tcp';
    }
  /** The same question goes to the same server over TCP. */
  | { readonly type: 'truncated' }
  | {
      readonly type: 'problem';
      readonly text: string;
      readonly server: SocketAddress;
      readonly isLast: boolean;
      readonly transport: 'udp' | 'tcp';
    };

export const EXCHANGE_TIMER = 'dns-exchange';

const serverOf = ({ servers, tried }: DnsExchange): SocketAddress =>
  servers[tried % servers.length] ?? { address: '127.0.0.1', port: 53 };

function ask(exchange: DnsExchange, calls: SystemCalls): void {
  const server = serverOf(exchange);
  const opened = exchange.transport === 'udp' ? calls.openUdp() : calls.connect(server);
  exchange.startedAt = calls.now;
  calls.setTimer(EXCHANGE_TIMER, exchange.timeout * SECOND);
  if (!opened.ok) return;
  exchange.socket = opened.socket;
  exchange.id = Math.floor(calls.random() * 65_536);
  if (exchange.transport === 'udp') sendQuestion(exchange, calls);
}

function sendQuestion(exchange: DnsExchange, calls: SystemCalls): void {
  const { question, socket, transport, edns } = exchange;
  if (socket === undefined) return;
  const { name, type } = question;
  const server = serverOf(exchange);
  const message = { ...questionMessage(name, type, exchange.id), ...(edns && { edns }) };
  if (transport === 'udp') calls.sendTo(socket, server, { kind: 'dns', message });
  else calls.send(socket, { kind: 'dns', message });
  recordDnsQuestion(calls, flowFrom(calls, socket, server, transport), name, type);
}

export type ExchangeSetup = Pick<
  DnsExchange,
  'question' | 'servers' | 'timeout' | 'tries' | 'edns'
> &
  Partial<Pick<DnsExchange, 'transport' | 'whenTruncated'>>;

/** Sends the first question. */
export function startExchange(setup: ExchangeSetup, calls: SystemCalls): DnsExchange {
  const exchange: DnsExchange = {
    transport: 'udp',
    whenTruncated: 'retry-over-tcp',
    ...setup,
    tried: 0,
    id: 0,
    startedAt: calls.now,
  };
  ask(exchange, calls);
  return exchange;
}

/** bind's isc_result texts; everything else is silence. */
const PROBLEMS: Partial<Record<Errno, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
};

const problemText = (error: Errno) => PROBLEMS[error] ?? 'timed out';

function endTry(exchange: DnsExchange, text: string, calls: SystemCalls): ExchangeOutcome {
  const server = serverOf(exchange);
  close(exchange, calls);
  exchange.tried += 1;
  const isLast = exchange.tried >= exchange.tries * exchange.servers.length;
  if (!isLast) ask(exchange, calls);
  return { type: 'problem', text, server, isLast, transport: exchange.transport };
}

function close(exchange: DnsExchange, calls: SystemCalls): void {
  calls.clearTimer(EXCHANGE_TIMER);
  if (exchange.socket !== undefined) calls.close(exchange.socket);
  delete exchange.socket;
}

/** Hands an event to the exchange; undefined when it was not for it. After a problem that is not the last, it asks on. */
export function advanceExchange(
  exchange: DnsExchange,
  event: ProgramEvent,
  calls: SystemCalls,
): ExchangeOutcome | undefined {
  if (event.type === 'timer' && event.name === EXCHANGE_TIMER)
    return endTry(exchange, 'timed out', calls);
  if (event.type === 'failed' && event.socket === exchange.socket)
    return endTry(exchange, problemText(event.error), calls);
  if (!('socket' in event) || event.socket !== exchange.socket) return undefined;
  if (event.type === 'connected') sendQuestion(exchange, calls);
  if (event.type === 'ended') return endTry(exchange, 'end of file', calls);
  if (event.type !== 'datagram' && event.type !== 'data') return undefined;
  return event.payload.kind === 'dns' ? hear(exchange, event.payload.message, calls) : undefined;
}

function hear(
  exchange: DnsExchange,
  message: DnsMessage,
  calls: SystemCalls,
): ExchangeOutcome | undefined {
  const { id, socket, transport } = exchange;
  if (message.id !== id || socket === undefined) return undefined;
  const server = serverOf(exchange);
  recordDnsAnswer(calls, flowFrom(calls, socket, server, transport), message);
  const took = calls.now - exchange.startedAt;
  close(exchange, calls);
  if (message.isTruncated && transport === 'udp' && exchange.whenTruncated === 'retry-over-tcp') {
    exchange.transport = 'tcp';
    ask(exchange, calls);
    return { type: 'truncated' };
  }
  return { type: 'answer', message, server, took, transport };
}
