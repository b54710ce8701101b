import { ipVersion } from '../../base/ip.ts';
import type { Program, ProgramEvent, SystemCalls } from '../../linux/program.ts';
import {
  advanceGlibcLookup,
  startGlibcLookup,
  type GlibcLookup,
  type LookupCall,
} from './resolver/glibc-lookup.ts';
import type { HostEntry } from './resolver/hosts-file.ts';
import { parseHosts } from './resolver/hosts-file.ts';
import {
  advanceResolver,
  contextOf,
  startAddressLookup,
  type ResolverState,
} from './resolver/resolver.ts';

interface GetentState {
  readonly key: string;
  resolver?: ResolverState;
  /** gethostbyname2(3) and gethostbyaddr(3): the present call and those to be made when it finds nothing. */
  lookup?: GlibcLookup;
  next: readonly LookupCall[];
}

const NOT_FOUND = 2;
const USAGE = "Try `getent --help' or `getent --usage' for more information.\n";
const SOCKET_TYPES = ['STREAM', 'DGRAM', 'RAW'];

function printEntry({ name, aliases, addresses }: HostEntry, calls: SystemCalls): void {
  const names = [name, ...aliases].join(' ');
  calls.print(addresses.map((address) => `${address.padEnd(15)} ${names}\n`).join(''));
}

function showAddresses(state: GetentState, calls: SystemCalls): void {
  const result = state.resolver?.result;
  if (!result) return;
  if (!result.ok) {
    calls.exit(NOT_FOUND);
    return;
  }
  const { addresses, canonicalName } = result;
  const lines = addresses.flatMap((address, i) =>
    SOCKET_TYPES.map((type, k) => {
      const name = i === 0 && k === 0 ? canonicalName : '';
      return `${address.padEnd(15)} ${type.padEnd(6)} ${name}\n`;
    }),
  );
  calls.print(lines.join(''));
  calls.exit(0);
}

function showHost(state: GetentState, calls: SystemCalls): void {
  const result = state.lookup?.result;
  if (!result) return;
  if (result.ok) {
    const { entry } = result;
    printEntry(
      state.lookup?.wanted.call === 'gethostbyaddr' ? { ...entry, addresses: [state.key] } : entry,
      calls,
    );
    calls.exit(0);
    return;
  }
  const [wanted, ...rest] = state.next;
  if (!wanted) {
    calls.exit(NOT_FOUND);
    return;
  }
  const context = state.lookup?.context ?? contextOf(calls);
  state.next = rest;
  state.lookup = startGlibcLookup(state.key, wanted, context, calls);
  showHost(state, calls);
}

/** `getent hosts`: gethostbyaddr for an address; else IPv6 first, and IPv4 when there is none. */
function startHosts(state: GetentState, calls: SystemCalls): void {
  const [first, ...rest]: readonly [LookupCall, ...LookupCall[]] =
    ipVersion(state.key) === undefined
      ? [
          { call: 'gethostbyname', family: 'inet6' },
          { call: 'gethostbyname', family: 'inet' },
        ]
      : [{ call: 'gethostbyaddr' }];
  state.next = rest;
  state.lookup = startGlibcLookup(state.key, first, contextOf(calls), calls);
  showHost(state, calls);
}

/** AI_ADDRCONFIG: families of which the machine has an address besides the loopback ones. */
function configuredFamilies(calls: SystemCalls): { ipv4: boolean; ipv6: boolean } {
  const addresses = calls.ownAddresses().map(({ address }) => address);
  return {
    ipv4: addresses.some((address) => ipVersion(address) === 4 && address !== '127.0.0.1'),
    ipv6: addresses.some((address) => ipVersion(address) === 6 && address !== '::1'),
  };
}

type Family = Extract<LookupCall, { call: 'getaddrinfo' }>['family'];

/** The family that getaddrinfo really asks for; undefined when there is no sense in asking. */
function familyFor(database: string, calls: SystemCalls): Family | undefined {
  const { ipv4, ipv6 } = configuredFamilies(calls);
  if (database === 'ahostsv4') return ipv4 ? 'inet' : undefined;
  if (database === 'ahostsv6') return ipv6 ? 'inet6-mapped' : undefined;
  if (ipv4 === ipv6) return 'any';
  return ipv4 ? 'inet' : 'inet6-mapped';
}

function startAddresses(state: GetentState, database: string, calls: SystemCalls): void {
  const family = familyFor(database, calls);
  if (family === undefined) {
    calls.exit(NOT_FOUND);
    return;
  }
  state.resolver = startAddressLookup(state.key, { call: 'getaddrinfo', family }, calls);
  showAddresses(state, calls);
}

const DATABASES = ['hosts', 'ahosts', 'ahostsv4', 'ahostsv6'];

function start(state: GetentState, database: string, calls: SystemCalls): void {
  if (database === '') {
    calls.printError(`getent: wrong number of arguments\n${USAGE}`);
    calls.exit(64);
  } else if (!DATABASES.includes(database)) {
    calls.printError(`Unknown database: ${database}\n${USAGE}`);
    calls.exit(1);
  } else if (state.key === '') {
    for (const { address, names } of parseHosts(calls.readFile('/etc/hosts') ?? ''))
      calls.print(`${address.padEnd(15)} ${names.join(' ')}\n`);
    calls.exit(0);
  } else if (database === 'hosts') startHosts(state, calls);
  else startAddresses(state, database, calls);
}

function hear(state: GetentState, event: ProgramEvent, calls: SystemCalls): void {
  if (state.lookup) {
    if (advanceGlibcLookup(state.lookup, event, calls)) showHost(state, calls);
  } else if (state.resolver && advanceResolver(state.resolver, event, calls))
    showAddresses(state, calls);
}

/**
 * getent(1) of glibc for `hosts` (gethostbyname2, gethostbyaddr) and `ahosts`, `ahostsv4`, `ahostsv6` (getaddrinfo).
 * Simplified: one name a command; `hosts` has glibc's rules in every image.
 */
export const GETENT: Program<GetentState> = {
  name: 'getent',
  start(args, calls) {
    const [database = '', key = ''] = args;
    const state: GetentState = { key, next: [] };
    start(state, database, calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
    else hear(state, event, calls);
  },
};
