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
    }
  | {
      readonly type: 'problem';
      readonly text: string;
      readonly server: SocketAddress;
      readonly isLast: boolean;
    };

export const EXCHANGE_TIMER = 'dns-exchange';

const serverOf = ({ servers, tried }: DnsExchange): SocketAddress =>
  servers[tried % servers.length] ?? { address: '127.0.0.1', port: 53 };

function ask(exchange: DnsExchange, calls: SystemCalls): void {
  const opened = calls.openUdp();
  exchange.startedAt = calls.now;
  calls.setTimer(EXCHANGE_TIMER, exchange.timeout * SECOND);
  if (!opened.ok) return;
  exchange.socket = opened.socket;
  exchange.id = Math.floor(calls.random() * 65_536);
  const { name, type } = exchange.question;
  const server = serverOf(exchange);
  const message = questionMessage(name, type, exchange.id);
  calls.sendTo(opened.socket, server, { kind: 'dns', message });
  recordDnsQuestion(calls, flowFrom(calls, opened.socket, server, 'udp'), name, type);
}

/** Sends the first question. */
export function startExchange(
  setup: Pick<DnsExchange, 'question' | 'servers' | 'timeout' | 'tries'>,
  calls: SystemCalls,
): DnsExchange {
  const exchange: DnsExchange = { ...setup, tried: 0, id: 0, startedAt: calls.now };
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
  return { type: 'problem', text, server, isLast };
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
  if (event.type !== 'datagram' || event.socket !== exchange.socket) return undefined;
  if (event.payload.kind !== 'dns' || event.payload.message.id !== exchange.id) return undefined;
  const { message } = event.payload;
  const server = serverOf(exchange);
  recordDnsAnswer(calls, flowFrom(calls, event.socket, server, 'udp'), message);
  const took = calls.now - exchange.startedAt;
  close(exchange, calls);
  return { type: 'answer', message, server, took };
}
