import type { ObjectRef } from '../../base/object-ref.ts';
import type { SystemCalls } from '../../linux/program.ts';
import {
  exceedsUdp,
  PLAIN_UDP_LIMIT,
  type DnsMessage,
  type ResourceRecord,
} from '../../packet/dns-message.ts';
import { flowFrom, recordDnsReply } from '../application-steps.ts';
import type { CorednsState } from './coredns-state.ts';
import { restoreReply, type Rewritten } from './rewrite.ts';
import { type Origin } from './upstream.ts';

export function replyTo(query: DnsMessage, part: Partial<DnsMessage>): DnsMessage {
  return {
    id: query.id,
    isResponse: true,
    question: query.question,
    responseCode: 'NOERROR',
    isAuthoritative: true,
    isTruncated: false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: false,
    answers: [],
    authority: [],
    additional: [],
    ...part,
  };
}

/** plugin/loadbalance: addresses in random order behind the aliases. */
function balance(message: DnsMessage, calls: SystemCalls): DnsMessage {
  const isAddress = ({ type }: ResourceRecord) => type === 'A' || type === 'AAAA' || type === 'MX';
  const addresses = message.answers.filter(isAddress);
  for (let i = addresses.length - 1; i > 0; i--) {
    const j = Math.floor(calls.random() * (i + 1));
    [addresses[i], addresses[j]] = [addresses[j]!, addresses[i]!];
  }
  const others = message.answers.filter((record) => !isAddress(record));
  return { ...message, answers: [...others, ...addresses] };
}

/** A question and who asked it; `server` is the server block, -1 for none. */
export interface Client {
  readonly server: number;
  readonly query: DnsMessage;
  readonly origin: Origin;
  /** What rewrite did to the question. */
  readonly rewritten?: Rewritten;
}

/** request.Scrub: over UDP what does not fit is cut off and marked, the additional records first; EDNS is answered with EDNS. */
function scrub(query: DnsMessage, reply: DnsMessage, via: Origin['via']): DnsMessage {
  const bufferSize = Math.max(PLAIN_UDP_LIMIT, query.edns?.bufferSize ?? 0);
  const message = query.edns ? { ...reply, edns: { ...query.edns, bufferSize } } : reply;
  if (via !== 'udp' || !exceedsUdp(query, message)) return message;
  const cut = { ...message, isTruncated: true, additional: [...message.additional] };
  while (cut.additional.length > 0 && exceedsUdp(query, cut)) cut.additional.pop();
  const answers = [...cut.answers];
  while (answers.length > 0 && exceedsUdp(query, { ...cut, answers })) answers.pop();
  return { ...cut, answers };
}

export function sendReply(
  state: CorednsState,
  { server, query, origin, rewritten }: Client,
  made: DnsMessage,
  because: ObjectRef | undefined,
  calls: SystemCalls,
): void {
  const config = state.servers[server];
  const reply = rewritten ? restoreReply(made, rewritten) : made;
  const { edns: _, ...plain } = config?.balances ? balance(reply, calls) : reply;
  const message = scrub(query, { ...plain, id: query.id }, origin.via);
  state.responses[message.responseCode] = (state.responses[message.responseCode] ?? 0) + 1;
  if (origin.via === 'self') return;
  const to = origin.via === 'udp' ? origin.from : undefined;
  const protocol = origin.via;
  recordDnsReply(calls, flowFrom(calls, origin.socket, to, protocol), message, because);
  if (origin.via === 'udp') calls.sendTo(origin.socket, origin.from, { kind: 'dns', message });
  else calls.send(origin.socket, { kind: 'dns', message });
  if (!config?.logsQueries) return;
  const peer = to ?? calls.peerAddress(origin.socket);
  const { name, type } = message.question;
  calls.print(
    `[INFO] ${peer?.address}:${peer?.port} - ${query.id} "${type} IN ${name} ${protocol} ${name.length + 16} false 512" ${message.responseCode} qr,aa,rd 0 0s\n`,
  );
}
