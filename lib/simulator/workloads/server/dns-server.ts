import type { Program, SystemCalls } from '../../linux/program.ts';
import { exceedsUdp, type DnsMessage } from '../../packet/dns-message.ts';
import { flowFrom, recordDnsReply } from '../application-steps.ts';
import { confOfHosts, findInDnsmasq, parseDnsmasqConf, type DnsmasqConf } from './dnsmasq-conf.ts';

const CONFIG = '/etc/dnsmasq.conf';
const OWN_BUFFER_SIZE = 1232;

function confOf(calls: SystemCalls): DnsmasqConf {
  const text = calls.readFile(CONFIG);
  return text === undefined
    ? confOfHosts(calls.readFile('/etc/hosts') ?? '')
    : parseDnsmasqConf(text);
}

function answer(query: DnsMessage, calls: SystemCalls): DnsMessage {
  const found = findInDnsmasq(query.question, confOf(calls));
  const { edns, ...rest } = query;
  return {
    ...rest,
    ...found,
    isResponse: true,
    isAuthoritative: false,
    recursionAvailable: true,
    authority: [],
    additional: [],
    ...(edns && { edns: { bufferSize: OWN_BUFFER_SIZE } }),
  };
}

/** As much as fits, marked as cut off: the asker comes back over TCP. */
function cutForUdp(query: DnsMessage, reply: DnsMessage): DnsMessage {
  if (!exceedsUdp(query, reply)) return reply;
  const answers = [...reply.answers];
  while (answers.length > 0 && exceedsUdp(query, { ...reply, answers })) answers.pop();
  return { ...reply, answers, isTruncated: true };
}

function listen(address: string | undefined, calls: SystemCalls): void {
  const udp = calls.openUdp(53, address);
  const tcp = calls.listen(53, address);
  if (udp.ok && tcp.ok) return;
  calls.printError('dnsmasq: failed to create listening socket for port 53: Address in use\n');
  calls.exit(2);
}

/**
 * dnsmasq: the resolver of a site. It serves what /etc/dnsmasq.conf says (listen-address, local, host-record, cname), or
 * without that file the names of /etc/hosts, and then no other name exists.
 *
 * Simplified: it forwards to nobody; the public DNS is what stands in its files.
 */
export const DNSMASQ: Program<null> = {
  name: 'dnsmasq',
  start(_, calls) {
    const { listenAddresses } = confOf(calls);
    if (listenAddresses.length === 0) listen(undefined, calls);
    for (const address of listenAddresses) listen(address, calls);
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else if (event.type === 'ended') calls.close(event.socket);
    else if (event.type === 'datagram' || event.type === 'data') {
      if (event.payload.kind !== 'dns' || event.payload.message.isResponse) return;
      const query = event.payload.message;
      const isDatagram = event.type === 'datagram';
      const reply = answer(query, calls);
      const message = isDatagram ? cutForUdp(query, reply) : reply;
      const flow = flowFrom(
        calls,
        event.socket,
        isDatagram ? event.from : undefined,
        isDatagram ? 'udp' : 'tcp',
      );
      recordDnsReply(calls, flow, message, undefined);
      if (isDatagram) calls.sendTo(event.socket, event.from, { kind: 'dns', message });
      else calls.send(event.socket, { kind: 'dns', message });
    }
  },
};
