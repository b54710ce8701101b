import { ipVersion } from '../../../base/ip.ts';
import type { ProgramEvent, SystemCalls } from '../../../linux/program.ts';
import { orderDestinations } from './destination-order.ts';
import {
  advanceGlibcLookup,
  startGlibcLookup,
  type GlibcLookup,
  type LookupCall,
} from './glibc-lookup.ts';
import { searchSteps, type HostError } from './glibc-search.ts';
import { createContext, type ResolverContext } from './glibc-send.ts';
import { advanceMuslLookup, startMuslLookup, type MuslLookup } from './musl-lookup.ts';
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts';

export type AddressType = 'A' | 'AAAA';

/** How getaddrinfo(3) ends. `because` EAI_AGAIN nobody answered; EAI_NODATA the name exists without addresses. */
export type Resolution =
  | { readonly ok: true; readonly addresses: readonly string[]; readonly canonicalName: string }
  | { readonly ok: false; readonly error: ResolutionError };

export type ResolutionError = 'EAI_NONAME' | 'EAI_NODATA' | 'EAI_AGAIN' | 'EAI_FAIL';

/** A look-up under way: part of the client's state, plain data. Done when `result` is there. */
export interface ResolverState {
  readonly name: string;
  lookup?: GlibcLookup | MuslLookup;
  result?: Resolution;
}

const ERROR_TEXTS: Readonly<Record<ResolutionError, string>> = {
  EAI_NONAME: 'Name or service not known',
  EAI_NODATA: 'No address associated with hostname',
  EAI_AGAIN: 'Temporary failure in name resolution',
  EAI_FAIL: 'Non-recoverable failure in name resolution',
};

const MUSL_ERROR_TEXTS: Readonly<Record<ResolutionError, string>> = {
  EAI_NONAME: 'Name does not resolve',
  EAI_NODATA: 'Name has no usable address',
  EAI_AGAIN: 'Try again',
  EAI_FAIL: 'Non-recoverable error',
};

/** The dynamic linker of musl; where it is, it is the C library. */
const MUSL_LINKER = '/lib/ld-musl-x86_64.so.1';

export const libcOf = (calls: SystemCalls): 'glibc' | 'musl' =>
  calls.readFile(MUSL_LINKER) === undefined ? 'glibc' : 'musl';

/** gai_strerror(3), as the container's C library words it; glibc's without `calls`. */
export const resolutionErrorText = (error: ResolutionError, calls?: SystemCalls) =>
  (calls && libcOf(calls) === 'musl' ? MUSL_ERROR_TEXTS : ERROR_TEXTS)[error];

/** Names that glibc asks for, in order: the search list before or behind the name as typed. */
export const candidateNames = (
  name: string,
  config: Pick<ResolvConf, 'search' | 'ndots'> & Partial<ResolvConf>,
): readonly string[] =>
  searchSteps(name, { ...config, queriesTopLevel: config.queriesTopLevel ?? true }).map(
    (step) => step.name,
  );

/** The resolver of a fresh process. */
export const contextOf = (calls: SystemCalls): ResolverContext =>
  createContext(parseResolvConf(calls.readFile('/etc/resolv.conf') ?? ''));

const familyOf = (types: readonly AddressType[]) =>
  types.length > 1 ? 'any' : types[0] === 'AAAA' ? 'inet6' : 'inet';

/**
 * Begins a look-up as getaddrinfo(3) does: a literal address, /etc/hosts, then DNS, by the rules of the C library that
 * the container has. `types` both: AF_UNSPEC.
 */
export function startResolver(
  name: string,
  types: readonly AddressType[],
  calls: SystemCalls,
): ResolverState {
  return startAddressLookup(name, { call: 'getaddrinfo', family: familyOf(types) }, calls);
}

/** The same for callers that know which call of the C library they make. */
export function startAddressLookup(
  name: string,
  wanted: Extract<LookupCall, { call: 'getaddrinfo' }>,
  calls: SystemCalls,
): ResolverState {
  const state: ResolverState = { name };
  if (ipVersion(name) !== undefined) {
    state.result = { ok: true, addresses: [name], canonicalName: name };
    return state;
  }
  if (libcOf(calls) === 'glibc') {
    state.lookup = startGlibcLookup(name, wanted, contextOf(calls), calls);
  } else {
    const types = { any: ['A', 'AAAA'], inet: ['A'] } as const;
    const asked = wanted.family === 'any' || wanted.family === 'inet' ? wanted.family : undefined;
    state.lookup = startMuslLookup(name, asked ? types[asked] : ['AAAA'], calls);
  }
  settle(state, calls);
  return state;
}

const fromHostError = (error: HostError): ResolutionError => {
  switch (error) {
    case 'NO_DATA':
      return 'EAI_NODATA';
    case 'TRY_AGAIN':
      return 'EAI_AGAIN';
    case 'HOST_NOT_FOUND':
    case 'NO_RECOVERY':
      return 'EAI_NONAME';
  }
};

const isResolutionError = (error: string): error is ResolutionError => error in ERROR_TEXTS;

function settle(state: ResolverState, calls: SystemCalls): void {
  const result = state.lookup?.result;
  if (!result) return;
  if (!result.ok) {
    const { error } = result;
    state.result = { ok: false, error: isResolutionError(error) ? error : fromHostError(error) };
    return;
  }
  const { name, addresses } = result.entry;
  state.result = {
    ok: true,
    addresses: orderDestinations(addresses, calls),
    canonicalName: name,
  };
}

/** Hands an event to the look-up. True when it was meant for it; look at `result` then. */
export function advanceResolver(
  state: ResolverState,
  event: ProgramEvent,
  calls: SystemCalls,
): boolean {
  if (state.result || !state.lookup) return false;
  const isOurs =
    'wanted' in state.lookup
      ? advanceGlibcLookup(state.lookup, event, calls)
      : advanceMuslLookup(state.lookup, event, calls);
  if (isOurs) settle(state, calls);
  return isOurs;
}
