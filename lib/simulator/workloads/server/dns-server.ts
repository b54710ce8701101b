import { ipVersion, reverseName } from '../../base/ip.ts';
import type { Program, SystemCalls } from '../../linux/program.ts';
import type { DnsMessage, ResourceRecord } from '../../packet/dns-message.ts';
import { flowFrom, recordDnsReply } from '../application-steps.ts';

const TTL = 300;

interface HostRecord {
  readonly address: string;
  readonly names: readonly string[];
}

function hostRecords(text: string): HostRecord[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([address = '', ...names]) => ipVersion(address) !== undefined && names.length > 0)
    .map(([address = '', ...names]) => ({
      address,
      names: names.map((name) => `${name.toLowerCase().replace(/\.$/, '')}.`),
    }));
}

/** Records of the asked name; undefined when the name is unknown. */
function lookUp(
  { name, type }: DnsMessage['question'],
  hosts: readonly HostRecord[],
): ResourceRecord[] | undefined {
  const wanted = name.toLowerCase();
  const byName = hosts.filter(({ names }) => names.includes(wanted));
  const byAddress = hosts.filter(({ address }) => reverseName(address) === wanted);
  if (byName.length === 0 && byAddress.length === 0) return undefined;
  if (type === 'PTR')
    return byAddress.map(({ names }) => ({ name, type, ttl: TTL, data: names[0] ?? '.' }));
  return byName
    .filter(({ address }) => type === (ipVersion(address) === 6 ? 'AAAA' : 'A'))
    .map(({ address }) => ({ name, type, ttl: TTL, data: address }));
}

function answer(query: DnsMessage, calls: SystemCalls): DnsMessage {
  const found = lookUp(query.question, hostRecords(calls.readFile('/etc/hosts') ?? ''));
  return {
    ...query,
    isResponse: true,
    responseCode: found ? 'NOERROR' : 'NXDOMAIN',
    isAuthoritative: false,
    recursionAvailable: true,
    answers: found ?? [],
    authority: [],
    additional: [],
  };
}

/**
 * dnsmasq: the resolver of a site. It serves the names of /etc/hosts and knows no others.
 *
 * Simplified: the public DNS is what stands in that file; every other name is NXDOMAIN.
 */
export const DNSMASQ: Program<null> = {
  name: 'dnsmasq',
  start(_, calls) {
    const udp = calls.openUdp(53);
    const tcp = calls.listen(53);
    if (!udp.ok || !tcp.ok) {
      calls.printError('dnsmasq: failed to create listening socket for port 53: Address in use\n');
      calls.exit(2);
    }
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else if (event.type === 'ended') calls.close(event.socket);
    else if (event.type === 'datagram' || event.type === 'data') {
      if (event.payload.kind !== 'dns' || event.payload.message.isResponse) return;
      const message = answer(event.payload.message, calls);
      const isDatagram = event.type === 'datagram';
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
