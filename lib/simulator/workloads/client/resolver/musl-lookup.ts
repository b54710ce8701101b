import type { ProgramEvent, SystemCalls } from '../../../linux/program.ts';
import type { DnsMessage } from '../../../packet/dns-message.ts';
import { hostsEntriesOf, parseHosts, type HostEntry } from './hosts-file.ts';
import { ipVersion } from '../../../base/ip.ts';
import { parseMuslConf, type MuslConf } from './musl-conf.ts';
import { advanceMuslSend, startMuslSend, type MuslSend } from './musl-send.ts';

export type MuslError = 'EAI_NONAME' | 'EAI_NODATA' | 'EAI_AGAIN' | 'EAI_FAIL';

export type MuslResult =
  | { readonly ok: true; readonly entry: HostEntry }
  | { readonly ok: false; readonly error: MuslError };

/** getaddrinfo(3) of musl 1.2.5 (src/network/lookup_name.c). Plain data; done when `result` is there. */
export interface MuslLookup {
  readonly types: readonly ('A' | 'AAAA')[];
  readonly conf: MuslConf;
  /** Absolute names in the order in which they are tried. */
  readonly candidates: readonly string[];
  candidate: number;
  send?: MuslSend;
  result?: MuslResult;
}

/** With ndots dots or a final one there is no search at all; else the list, and the name as typed at last. */
function candidatesOf(name: string, { search, ndots }: MuslConf): readonly string[] {
  const typed = name.endsWith('.') ? name : `${name}.`;
  const dots = name.split('.').length - 1;
  if (name.endsWith('.') || dots >= ndots) return [typed];
  return [...search.map((domain) => `${name}.${domain}.`), typed];
}

function fromHosts(
  name: string,
  types: readonly string[],
  calls: SystemCalls,
): HostEntry | undefined {
  const found = hostsEntriesOf(parseHosts(calls.readFile('/etc/hosts') ?? ''), name).filter(
    ({ address, names }) =>
      names.includes(name) && types.includes(ipVersion(address) === 6 ? 'AAAA' : 'A'),
  );
  const last = found[found.length - 1];
  return (
    last && {
      name: last.names[0] ?? name,
      aliases: [],
      addresses: found.map(({ address }) => address),
    }
  );
}

export function startMuslLookup(
  name: string,
  types: readonly ('A' | 'AAAA')[],
  calls: SystemCalls,
): MuslLookup {
  const conf = parseMuslConf(calls.readFile('/etc/resolv.conf') ?? '');
  const lookup: MuslLookup = {
    types,
    conf,
    candidates: candidatesOf(name, conf),
    candidate: 0,
  };
  const known = fromHosts(name, types, calls);
  const isHostName = /^[A-Za-z0-9.\-_\u0080-\uffff]{1,254}$/.test(name) && !name.endsWith('..');
  if (known) lookup.result = { ok: true, entry: known };
  else if (!isHostName) lookup.result = { ok: false, error: 'EAI_NONAME' };
  else ask(lookup, calls);
  return lookup;
}

function ask(lookup: MuslLookup, calls: SystemCalls): void {
  const name = lookup.candidates[lookup.candidate] ?? '.';
  lookup.send = startMuslSend(
    lookup.types.map((type) => ({ name, type })),
    lookup.conf,
    calls,
  );
  if (lookup.send.isDone) judge(lookup, calls);
}

/** 'next': the name does not exist. NODATA ends the search: that is how musl differs most from glibc. */
function verdictOf({ send, types }: MuslLookup): MuslResult | 'next' {
  const messages: DnsMessage[] = [];
  for (const index of types.keys()) {
    const message = send?.answers[index];
    if (!message) return { ok: false, error: 'EAI_AGAIN' };
    if (message.responseCode === 'NXDOMAIN') return 'next';
    messages.push(message);
  }
  let name = messages[0]?.question.name ?? '';
  const addresses: string[] = [];
  for (const { answers, question } of [...messages].reverse()) {
    for (const { type, data } of answers) {
      if (type === 'CNAME') name = data;
      else if (type === question.type) addresses.push(data);
    }
  }
  return addresses.length > 0
    ? { ok: true, entry: { name: name.replace(/\.$/, ''), aliases: [], addresses } }
    : { ok: false, error: 'EAI_NODATA' };
}

function judge(lookup: MuslLookup, calls: SystemCalls): void {
  const verdict = verdictOf(lookup);
  if (verdict !== 'next') {
    lookup.result = verdict;
    return;
  }
  lookup.candidate += 1;
  if (lookup.candidate < lookup.candidates.length) ask(lookup, calls);
  else lookup.result = { ok: false, error: 'EAI_NONAME' };
}

/** Hands an event over. True when it was meant for this look-up; look at `result` then. */
export function advanceMuslLookup(
  lookup: MuslLookup,
  event: ProgramEvent,
  calls: SystemCalls,
): boolean {
  if (lookup.result || !lookup.send) return false;
  if (!advanceMuslSend(lookup.send, event, lookup.conf, calls)) return false;
  if (lookup.send.isDone) judge(lookup, calls);
  return true;
}
