import { ipVersion, reverseName } from '../../base/ip.ts';
import type { DnsQuestion, ResourceRecord } from '../../packet/dns-message.ts';
import type { PluginAnswer } from './answer-query.ts';
import type { Directive } from './corefile.ts';
import { isInZone } from './parse-name.ts';

/** What the hosts plug-in was told (plugin/hosts). Names are absolute, in lower case. */
export interface HostsConfig {
  /** Its entries are read from here besides those of the Corefile. */
  readonly file: string;
  readonly zones: readonly string[];
  readonly entries: readonly HostEntry[];
  readonly ttl: number;
  readonly answersReverse: boolean;
  readonly fallthrough: readonly string[];
}

interface HostEntry {
  readonly address: string;
  readonly names: readonly string[];
}

const DEFAULT_TTL = 3600;
const absolute = (name: string) => `${name.toLowerCase().replace(/\.$/, '')}.`;

const entryOf = ([address = '', ...names]: readonly string[]): HostEntry[] =>
  ipVersion(address) === undefined || names.length === 0
    ? []
    : [{ address, names: names.map(absolute) }];

const OPTIONS = new Set(['fallthrough', 'no_reverse', 'ttl', 'reload']);

/** Reads the directive; a string is the error that ends CoreDNS. */
export function parseHostsPlugin(
  { args, block }: Directive,
  zones: readonly string[],
): HostsConfig | string {
  const [file = '/etc/hosts', ...own] = args;
  const option = (name: string) => block.find((one) => one.name === name);
  const entries = block.flatMap(({ name, args: names }) => entryOf([name, ...names]));
  const unknown = block.find(({ name }) => !OPTIONS.has(name) && ipVersion(name) === undefined);
  if (unknown && unknown.args.length === 0) return `unknown property '${unknown.name}'`;
  const ttl = option('ttl')?.args[0];
  if (ttl !== undefined && !/^[1-9]\d*$/.test(ttl)) return 'ttl provided is invalid';
  const through = option('fallthrough');
  return {
    file,
    zones: own.length > 0 ? own.map(absolute) : zones,
    entries,
    ttl: Number(ttl ?? DEFAULT_TTL),
    answersReverse: option('no_reverse') === undefined,
    fallthrough: through ? (through.args.length > 0 ? through.args.map(absolute) : ['.']) : [],
  };
}

function entriesOf(config: HostsConfig, file: string): readonly HostEntry[] {
  const read = file
    .split('\n')
    .flatMap((line) => entryOf(line.replace(/#.*/, '').trim().split(/\s+/)));
  return [...config.entries, ...read];
}

function reverseRecords(
  { name }: DnsQuestion,
  entries: readonly HostEntry[],
  ttl: number,
): ResourceRecord[] {
  return entries
    .filter(({ address }) => reverseName(address) === name.toLowerCase())
    .flatMap(({ names }) => names.map((data) => ({ name, type: 'PTR' as const, ttl, data })));
}

/**
 * What the plug-in makes of a question (plugin/hosts/hosts.go). An unknown name in its zones is SERVFAIL unless it falls
 * through, since there is no SOA for a name error. `file`: the text of its file.
 */
export function answerFromHosts(
  question: DnsQuestion,
  config: HostsConfig,
  file: string,
): PluginAnswer | { readonly type: 'failure' } {
  const { name, type } = question;
  const entries = entriesOf(config, file);
  const found = (answers: readonly ResourceRecord[]): PluginAnswer => ({
    type: 'answer',
    responseCode: 'NOERROR',
    answers,
    authority: [],
    additional: [],
  });
  if (type === 'PTR') {
    const answers = config.answersReverse ? reverseRecords(question, entries, config.ttl) : [];
    if (answers.length > 0) return found(answers);
  }
  if (!config.zones.some((zone) => isInZone(name, zone))) return { type: 'next' };
  const own = entries.filter(({ names }) => names.includes(name.toLowerCase()));
  const answers = own
    .filter(({ address }) => type === (ipVersion(address) === 6 ? 'AAAA' : 'A'))
    .map(({ address }): ResourceRecord => ({ name, type, ttl: config.ttl, data: address }));
  if (answers.length > 0 || own.length > 0) return found(answers);
  return type === 'PTR' || config.fallthrough.some((zone) => isInZone(name, zone))
    ? { type: 'next' }
    : { type: 'failure' };
}
