import type { DnsMessage, RecordType } from '../../../packet/dns-message.ts';
import type { HostEntry } from './hosts-file.ts';

const withoutDot = (name: string) => name.replace(/\.$/, '');
const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/**
 * The host entry that an answer makes: aliases are followed in the order of the records (glibc 2.36,
 * resolv/nss_dns/dns-host.c `getanswer_r`). Undefined without a record of the type.
 */
export function hostEntryOf(message: DnsMessage, type: RecordType): HostEntry | undefined {
  let name = message.question.name;
  const aliases: string[] = [];
  const data: string[] = [];
  for (const record of message.answers) {
    if (record.type === 'CNAME') {
      aliases.push(withoutDot(record.name));
      name = record.data;
    } else if (record.type === type && same(record.name, name)) {
      if (type === 'PTR')
        return { name: withoutDot(record.data), aliases: [], addresses: [record.data] };
      data.push(record.data);
    }
  }
  return data.length > 0 ? { name: withoutDot(name), aliases, addresses: data } : undefined;
}

/** Addresses of both answers of getaddrinfo and the name behind the first of them (`gaih_getanswer_slice`). */
export function addressesOf(messages: readonly DnsMessage[]): HostEntry | undefined {
  let name: string | undefined;
  const addresses: string[] = [];
  for (const { answers } of messages) {
    let alias: string | undefined;
    for (const record of answers) {
      if (record.type === 'CNAME') alias = record.data;
      if (record.type !== 'A' && record.type !== 'AAAA') continue;
      name ??= alias ?? record.name;
      addresses.push(record.data);
    }
  }
  return name === undefined ? undefined : { name: withoutDot(name), aliases: [], addresses };
}

const FIRST_BUFFER = 1024;
const ADDRESS_TUPLE = 40;
const POINTER = 8;

/** Bytes that glibc needs to hold an answer of addresses. Names of aliases are reckoned in full. */
function bytesNeeded(entry: HostEntry, layout: 'tuples' | 'hostent'): number {
  const count = entry.addresses.length;
  const names = [entry.name, ...entry.aliases].reduce((sum, name) => sum + name.length + 1, 0);
  if (layout === 'tuples')
    return Math.ceil(names / 8) * 8 + ADDRESS_TUPLE * (count - 1) + Math.max(ADDRESS_TUPLE, names);
  const each = entry.addresses[0]?.includes(':') ? 16 : 4;
  return POINTER * (count + 1 + entry.aliases.length + 1) + each * count + names;
}

/**
 * How often the question is asked: glibc's buffer begins with 1024 bytes, and each time the answer does not fit it is
 * doubled and the whole look-up made again.
 */
export function roundsNeeded(entry: HostEntry, layout: 'tuples' | 'hostent'): number {
  const needed = bytesNeeded(entry, layout);
  let rounds = 1;
  for (let size = FIRST_BUFFER; size < needed; size *= 2) rounds += 1;
  return rounds;
}
