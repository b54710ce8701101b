import type { Flow } from '../base/flow.ts';
import type { ObjectRef } from '../base/object-ref.ts';
import type { Protocol, SocketAddress } from '../base/flow.ts';
import type { SocketId, SystemCalls } from '../linux/program.ts';
import { isAnyAddress } from '../linux/sockets.ts';
import type { DnsMessage, RecordType } from '../packet/dns-message.ts';

const NOWHERE: SocketAddress = { address: '0.0.0.0', port: 0 };
/** Filled in by the kernel: a program does not know its machine. */
const PLACE = { machine: '' };

/** The flow of what a socket sends to `to`. */
export function flowFrom(
  calls: SystemCalls,
  socket: SocketId,
  to: SocketAddress | undefined,
  protocol: Protocol,
): Flow {
  const bound = calls.localAddress(socket) ?? NOWHERE;
  const destination = to ?? calls.peerAddress(socket) ?? NOWHERE;
  // A socket bound to any address sends from the one that the route chooses.
  const address = isAnyAddress(bound.address)
    ? (calls.sourceTo(destination.address)?.address ?? bound.address)
    : bound.address;
  return { protocol, source: { ...bound, address }, destination };
}

const reversed = ({ protocol, source, destination }: Flow): Flow => ({
  protocol,
  source: destination,
  destination: source,
});

/** A resolver asks `server`. */
export function recordDnsQuestion(
  calls: SystemCalls,
  flow: Flow,
  name: string,
  type: RecordType,
): void {
  const server = flow.destination.address;
  calls.record({ kind: 'dns', place: PLACE, flow, side: 'asks', name, type, server });
}

const dataOf = (message: DnsMessage) => message.answers.map(({ data }) => data);

/** A resolver hears from `server`; `flow` is the one of the question. */
export function recordDnsAnswer(calls: SystemCalls, flow: Flow, message: DnsMessage): void {
  const { name, type } = message.question;
  calls.record({
    kind: 'dns',
    place: PLACE,
    flow: reversed(flow),
    side: 'hears',
    name,
    type,
    server: flow.destination.address,
    responseCode: message.responseCode,
    answers: dataOf(message),
  });
}

/** A server answers; `flow` is the one of the answer. */
export function recordDnsReply(
  calls: SystemCalls,
  flow: Flow,
  message: DnsMessage,
  because: ObjectRef | undefined,
): void {
  const { name, type } = message.question;
  calls.record({
    kind: 'dns',
    place: PLACE,
    flow,
    side: 'answers',
    name,
    type,
    server: flow.source.address,
    responseCode: message.responseCode,
    answers: dataOf(message),
    ...(because && { because }),
  });
}

/** An HTTP request or response line: `GET /cart HTTP/1.1`, `HTTP/1.1 200 OK`. */
export function recordHttp(
  calls: SystemCalls,
  flow: Flow,
  side: 'asks' | 'answers' | 'hears',
  line: string,
): void {
  calls.record({ kind: 'http', place: PLACE, flow, side, line });
}
