import { reverseName } from '../../../base/ip.ts';
import type { ProgramEvent, SystemCalls } from '../../../linux/program.ts';
import type { RecordType } from '../../../packet/dns-message.ts';
import {
  advanceSearch,
  startQuery,
  startSearch,
  type GlibcSearch,
  type HostError,
} from './glibc-search.ts';
import type { ResolverContext } from './glibc-send.ts';
import { findAddressInHosts, findInHosts, type HostEntry } from './hosts-file.ts';
import { addressesOf, hostEntryOf, roundsNeeded } from './read-answers.ts';

/** What a program asks its C library for. `inet6-mapped`: IPv6, or IPv4 addresses in IPv6 clothes. */
export type LookupCall =
  | { readonly call: 'getaddrinfo'; readonly family: 'any' | 'inet' | 'inet6' | 'inet6-mapped' }
  | { readonly call: 'gethostbyname'; readonly family: 'inet' | 'inet6' }
  | { readonly call: 'gethostbyaddr' };

export type LookupResult =
  | { readonly ok: true; readonly entry: HostEntry }
  | { readonly ok: false; readonly error: HostError };

interface Stage {
  readonly types: readonly RecordType[];
  readonly mapped?: true;
  readonly use?: 'existence';
}

/** One look-up through the name service switch: files, then dns. Plain data; done when `result` is there. */
export interface GlibcLookup {
  readonly name: string;
  readonly wanted: LookupCall;
  readonly context: ResolverContext;
  stages: readonly Stage[];
  stage?: Stage;
  round: number;
  search?: GlibcSearch;
  readonly errors: HostError[];
  result?: LookupResult;
}

const IPV4: Stage = { types: ['A'] };
const IPV6: Stage = { types: ['AAAA'] };

function stagesOf(wanted: LookupCall, { config }: ResolverContext): readonly Stage[] {
  if (wanted.call === 'gethostbyaddr') return [{ types: ['PTR'] }];
  const ipv6: Stage = config.asksForIpv6 ? IPV6 : { types: ['A'], use: 'existence' };
  switch (wanted.family) {
    case 'any':
      return [{ types: config.asksForIpv6 ? ['A', 'AAAA'] : ['A'] }];
    case 'inet':
      return [IPV4];
    case 'inet6':
      return [ipv6];
    case 'inet6-mapped':
      return [ipv6, { types: ['A'], mapped: true }];
  }
}

const mapped = (entry: HostEntry): HostEntry => ({
  ...entry,
  addresses: entry.addresses.map((address) => `::ffff:${address}`),
});

function fromFiles(name: string, wanted: LookupCall, hosts: string): HostEntry | undefined {
  if (wanted.call === 'gethostbyaddr') return findAddressInHosts(hosts, name);
  switch (wanted.family) {
    case 'any':
      return findInHosts(hosts, name, 'any');
    case 'inet':
      return findInHosts(hosts, name, 4);
    case 'inet6':
      return findInHosts(hosts, name, 6);
    case 'inet6-mapped': {
      const ipv4 = findInHosts(hosts, name, 4);
      return findInHosts(hosts, name, 6) ?? (ipv4 && mapped(ipv4));
    }
  }
}

/** Begins a look-up; `hosts: files dns` of nsswitch.conf. `name` is an address for gethostbyaddr. */
export function startGlibcLookup(
  name: string,
  wanted: LookupCall,
  context: ResolverContext,
  calls: SystemCalls,
): GlibcLookup {
  const lookup: GlibcLookup = {
    name,
    wanted,
    context,
    stages: stagesOf(wanted, context),
    round: 1,
    errors: [],
  };
  const known = fromFiles(name, wanted, calls.readFile('/etc/hosts') ?? '');
  if (known) lookup.result = { ok: true, entry: known };
  else nextStage(lookup, calls);
  return lookup;
}

function nextStage(lookup: GlibcLookup, calls: SystemCalls): void {
  const [stage, ...rest] = lookup.stages;
  if (!stage) {
    lookup.result = { ok: false, error: errorOf(lookup) };
    return;
  }
  lookup.stages = rest;
  lookup.stage = stage;
  lookup.round = 1;
  ask(lookup, calls);
}

/** Nobody answered: both times; else a name without data beats a name that does not exist. */
function errorOf({ errors }: GlibcLookup): HostError {
  if (errors.length === 0) return 'NO_DATA';
  if (errors.every((error) => error === 'TRY_AGAIN')) return 'TRY_AGAIN';
  const isKnown = errors.every((error) => error === 'TRY_AGAIN' || error === 'NO_DATA');
  return isKnown ? 'NO_DATA' : (errors[errors.length - 1] ?? 'HOST_NOT_FOUND');
}

function ask(lookup: GlibcLookup, calls: SystemCalls): void {
  const { name, wanted, context, stage } = lookup;
  if (!stage) return;
  lookup.search =
    wanted.call === 'gethostbyaddr'
      ? startQuery(reverseName(name) ?? name, stage.types, context, calls)
      : startSearch(name, stage.types, context, calls, stage.use);
  if (lookup.search.result) judge(lookup, calls);
}

function judge(lookup: GlibcLookup, calls: SystemCalls): void {
  const found = lookup.search?.result;
  const { stage } = lookup;
  if (!found || !stage) return;
  if (!found.ok) {
    lookup.errors.push(found.error);
    nextStage(lookup, calls);
    return;
  }
  const isTuples = lookup.wanted.call === 'getaddrinfo' && lookup.wanted.family === 'any';
  const [message] = found.messages;
  const entry = isTuples
    ? addressesOf(found.messages)
    : message && hostEntryOf(message, stage.types[0] ?? 'A');
  if (!entry) {
    // Aliases that lead nowhere: the search is over all the same.
    lookup.errors.push('NO_RECOVERY');
    nextStage(lookup, calls);
    return;
  }
  if (lookup.round < roundsNeeded(entry, isTuples ? 'tuples' : 'hostent')) {
    lookup.round += 1;
    ask(lookup, calls);
    return;
  }
  lookup.result = { ok: true, entry: stage.mapped ? mapped(entry) : entry };
}

/** Hands an event over. True when it was meant for this look-up; look at `result` then. */
export function advanceGlibcLookup(
  lookup: GlibcLookup,
  event: ProgramEvent,
  calls: SystemCalls,
): boolean {
  if (lookup.result || !lookup.search) return false;
  if (!advanceSearch(lookup.search, event, lookup.context, calls)) return false;
  if (lookup.search.result) judge(lookup, calls);
  return true;
}
