import { ipVersion, reverseName } from '../../base/ip.ts';
import type { DnsQuestion, ResourceRecord, ResponseCode } from '../../packet/dns-message.ts';

/** What a dnsmasq serves by itself. Names end with a dot, in lower case. */
export interface DnsmasqConf {
  readonly listenAddresses: readonly string[];
  /** Domains that are answered from here alone; `.` all of them. */
  readonly localDomains: readonly string[];
  readonly hosts: readonly {
    readonly names: readonly string[];
    readonly addresses: readonly string[];
  }[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly ttl: number;
}

const absolute = (name: string) => `${name.toLowerCase().replace(/\.$/, '')}.`;

/** The lines of dnsmasq.conf that say what is served: listen-address, local, host-record, cname, local-ttl. */
export function parseDnsmasqConf(text: string): DnsmasqConf {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const valuesOf = (key: string) =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  const words = (value: string) => value.split(',').map((word) => word.trim());
  return {
    listenAddresses: valuesOf('listen-address').flatMap(words),
    localDomains: valuesOf('local').flatMap((value) =>
      value
        .split('/')
        .filter((domain) => domain !== '')
        .map((domain) => (domain === '#' ? '.' : absolute(domain))),
    ),
    hosts: valuesOf('host-record').map((value) => ({
      names: words(value)
        .filter((word) => ipVersion(word) === undefined && !/^\d+$/.test(word))
        .map(absolute),
      // One address of each family a line; of several the last one counts.
      addresses: ([4, 6] as const).flatMap(
        (version) => words(value).findLast((word) => ipVersion(word) === version) ?? [],
      ),
    })),
    aliases: Object.fromEntries(
      valuesOf('cname').map((value) => {
        const names = words(value);
        return [absolute(names[0] ?? ''), absolute(names[1] ?? '')];
      }),
    ),
    ttl: Number(valuesOf('local-ttl')[0] ?? 0),
  };
}

/** A site's resolver without a configuration: the names of /etc/hosts, and no others exist. */
export function confOfHosts(text: string): DnsmasqConf {
  const hosts = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([address = '', ...names]) => ipVersion(address) !== undefined && names.length > 0)
    .map(([address = '', ...names]) => ({ addresses: [address], names: names.map(absolute) }));
  return { listenAddresses: [], localDomains: ['.'], hosts, aliases: {}, ttl: 300 };
}

export interface Finding {
  readonly responseCode: ResponseCode;
  readonly answers: readonly ResourceRecord[];
}

const isUnder = (name: string, domain: string) =>
  domain === '.' || name === domain || name.endsWith(`.${domain}`);

function addressesOf(conf: DnsmasqConf, name: string): readonly string[] {
  return conf.hosts.filter(({ names }) => names.includes(name)).flatMap((host) => host.addresses);
}

function reverseRecords(question: DnsQuestion, conf: DnsmasqConf): readonly ResourceRecord[] {
  const wanted = question.name.toLowerCase();
  const names = conf.hosts
    .filter(({ addresses }) => addresses.some((address) => reverseName(address) === wanted))
    .map((host) => host.names[0] ?? '.');
  return [...new Set(names)]
    .slice(0, 1)
    .map((data) => ({ name: question.name, type: 'PTR', ttl: conf.ttl, data }));
}

/** The name with its aliases, as far as they are known here. */
function follow(
  name: string,
  conf: DnsmasqConf,
): { name: string; aliases: readonly ResourceRecord[] } {
  const aliases: ResourceRecord[] = [];
  let owner = name;
  for (let i = 0; i < 10; i++) {
    const target = conf.aliases[owner.toLowerCase()];
    if (target === undefined) break;
    aliases.push({ name: owner, type: 'CNAME', ttl: conf.ttl, data: target });
    owner = target;
  }
  return { name: owner, aliases };
}

/** Whether the name, or one below it, is known: then it exists, if perhaps without a record of the type. */
function exists(name: string, conf: DnsmasqConf): boolean {
  return [...conf.hosts.flatMap(({ names }) => names), ...Object.keys(conf.aliases)].some((known) =>
    isUnder(known, name),
  );
}

/** What dnsmasq answers by itself: REFUSED for what would have to be forwarded, since it has nobody to ask. */
export function findInDnsmasq(question: DnsQuestion, conf: DnsmasqConf): Finding {
  const { name, type } = question;
  if (type === 'PTR') {
    const answers = reverseRecords(question, conf);
    if (answers.length > 0) return { responseCode: 'NOERROR', answers };
  }
  const wanted = name.toLowerCase();
  const target = follow(name, conf);
  const answers = addressesOf(conf, target.name.toLowerCase())
    .filter((address) => type === (ipVersion(address) === 6 ? 'AAAA' : 'A'))
    .map((data): ResourceRecord => ({ name: target.name, type, ttl: conf.ttl, data }));
  const found = [...target.aliases, ...answers];
  if (found.length > 0) return { responseCode: 'NOERROR', answers: found };
  const isLocal = conf.localDomains.some((domain) => isUnder(wanted, domain));
  if (!isLocal) return { responseCode: 'REFUSED', answers: [] };
  return { responseCode: exists(wanted, conf) ? 'NOERROR' : 'NXDOMAIN', answers: [] };
}
