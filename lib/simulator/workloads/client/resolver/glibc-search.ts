import type { ProgramEvent, SystemCalls, Errno } from '../../../linux/program.ts';
import type { DnsMessage, RecordType, ResponseCode } from '../../../packet/dns-message.ts';
import { advanceSend, startSend, type GlibcSend, type ResolverContext } from './glibc-send.ts';

/** h_errno of resolver(3). */
export type HostError = 'HOST_NOT_FOUND' | 'NO_DATA' | 'TRY_AGAIN' | 'NO_RECOVERY';

export type SearchResult =
  | { readonly ok: true; readonly messages: readonly DnsMessage[] }
  | { readonly ok: false; readonly error: HostError; readonly errno?: Errno };

/** A name on its way through the search list. Plain data; done when `result` is there. */
export interface GlibcSearch {
  readonly name: string;
  readonly types: readonly RecordType[];
  /** With no-aaaa a question for AAAA goes out as one for A, and its answer tells only whether the name exists. */
  readonly use: 'answers' | 'existence';
  /** What is left to ask for, in order: domains, then perhaps the name as typed. */
  steps: readonly SearchStep[];
  step: SearchStep;
  asTyped?: HostError;
  hadNoData: boolean;
  hadServerFailure: boolean;
  lastError: HostError;
  send?: GlibcSend;
  result?: SearchResult;
}

/** `typed`: as it stands, with no search; `domain`: with a domain of the list behind it. */
interface SearchStep {
  readonly kind: 'typed' | 'typed-last' | 'domain';
  readonly name: string;
}

const dotsOf = (name: string) => name.split('.').length - 1;

const absolute = (name: string) => (name.endsWith('.') ? name : `${name}.`);

/** Which names are asked for and in which order (resolv/res_query.c `__res_context_search`). */
export function searchSteps(
  name: string,
  {
    search,
    ndots,
    queriesTopLevel,
  }: {
    readonly search: readonly string[];
    readonly ndots: number;
    readonly queriesTopLevel: boolean;
  },
): readonly SearchStep[] {
  const typed = absolute(name);
  if (name.endsWith('.')) return [{ kind: 'typed', name: typed }];
  const domains = search.map((domain) => ({
    kind: 'domain' as const,
    name: domain === '' ? typed : `${name}.${domain}.`,
  }));
  if (dotsOf(name) >= ndots) return [{ kind: 'typed', name: typed }, ...domains];
  const isLastToo =
    !search.includes('') && (queriesTopLevel || dotsOf(name) > 0 || search.length === 0);
  return isLastToo ? [...domains, { kind: 'typed-last', name: typed }] : domains;
}

/** Sends what can be sent: labels of 1 to 63 bytes, 253 in all (res_mkquery refuses the others). */
const isAskable = (name: string) =>
  name.length <= 254 &&
  (name === '.' ||
    name
      .slice(0, -1)
      .split('.')
      .every((label) => label.length > 0 && label.length <= 63));

export function startSearch(
  name: string,
  types: readonly RecordType[],
  context: ResolverContext,
  calls: SystemCalls,
  use: GlibcSearch['use'] = 'answers',
): GlibcSearch {
  return begin({ name, types, use }, searchSteps(name, context.config), context, calls);
}

/** One name as it stands, with no search list (res_query): what gethostbyaddr asks. */
export function startQuery(
  name: string,
  types: readonly RecordType[],
  context: ResolverContext,
  calls: SystemCalls,
): GlibcSearch {
  const steps = [{ kind: 'typed', name: absolute(name) }] as const;
  return begin({ name, types, use: 'answers' }, steps, context, calls);
}

function begin(
  wanted: Pick<GlibcSearch, 'name' | 'types' | 'use'>,
  steps: readonly SearchStep[],
  context: ResolverContext,
  calls: SystemCalls,
): GlibcSearch {
  const [step = { kind: 'typed', name: wanted.name }, ...rest] = steps;
  const search: GlibcSearch = {
    ...wanted,
    steps: rest,
    step,
    hadNoData: false,
    hadServerFailure: false,
    lastError: 'HOST_NOT_FOUND',
  };
  if (steps.length === 0) search.result = { ok: false, error: 'HOST_NOT_FOUND' };
  else ask(search, context, calls);
  return search;
}

function ask(search: GlibcSearch, context: ResolverContext, calls: SystemCalls): void {
  const { name } = search.step;
  if (!isAskable(name)) {
    hasFailed(search, 'NO_RECOVERY', undefined, 'NOERROR', context, calls);
    return;
  }
  search.send = startSend(
    search.types.map((type) => ({ name, type })),
    context,
    calls,
  );
  if (search.send.result) judge(search, context, calls);
}

const isEmpty = ({ responseCode, answers }: DnsMessage) =>
  responseCode !== 'NOERROR' || answers.length === 0;

/** h_errno of answers that hold nothing (`__res_context_query`). */
function errorOf(first: DnsMessage, second: DnsMessage): HostError {
  const rcode = first.responseCode === 'NOERROR' ? second.responseCode : first.responseCode;
  switch (rcode) {
    case 'NXDOMAIN':
      return 'HOST_NOT_FOUND';
    case 'SERVFAIL':
      return 'TRY_AGAIN';
    case 'NOERROR':
      return 'NO_DATA';
    case 'FORMERR':
    case 'NOTIMP':
    case 'REFUSED':
      return 'NO_RECOVERY';
  }
}

function judge(search: GlibcSearch, context: ResolverContext, calls: SystemCalls): void {
  const outcome = search.send?.result;
  if (!outcome) return;
  if (!outcome.ok) {
    // res-noaaaa.c leaves its result untouched when nobody answered; what stands there reads as an empty answer.
    const isLost = search.use === 'existence' && outcome.rcode === 'NOERROR';
    hasFailed(
      search,
      isLost ? 'NO_DATA' : 'TRY_AGAIN',
      outcome.errno,
      outcome.rcode,
      context,
      calls,
    );
    return;
  }
  const seen = ({ first, second }: typeof outcome) =>
    [first, second].map(
      (message) => message && (search.use === 'existence' ? { ...message, answers: [] } : message),
    );
  const [one, two] = seen(outcome);
  const first = one ?? two;
  const second = two ?? one;
  if (!first || !second) return;
  if (!isEmpty(first) || !isEmpty(second)) {
    const messages = [outcome.first, outcome.second].flatMap((message) => message ?? []);
    search.result = { ok: true, messages };
    return;
  }
  hasFailed(search, errorOf(first, second), undefined, first.responseCode, context, calls);
}

/** After the list was given up: the name as it was typed, unless that has been asked for. */
function lastResort(search: GlibcSearch, { config }: ResolverContext): readonly SearchStep[] {
  const typed = absolute(search.name);
  const isAllowed = config.queriesTopLevel || dotsOf(search.name) > 0;
  return search.asTyped === undefined && search.step.name !== typed && isAllowed
    ? [{ kind: 'typed-last', name: typed }]
    : [];
}

/** Another name, or the end. `rcode` stands in the buffer of the first answer. */
function hasFailed(
  search: GlibcSearch,
  error: HostError,
  errno: Errno | undefined,
  rcode: ResponseCode,
  context: ResolverContext,
  calls: SystemCalls,
): void {
  search.lastError = error;
  if (search.step.kind === 'typed') search.asTyped = error;
  if (search.step.kind === 'domain') {
    if (errno === 'ECONNREFUSED') {
      search.result = { ok: false, error: 'TRY_AGAIN', errno };
      return;
    }
    if (error === 'NO_DATA') search.hadNoData = true;
    else if (error === 'TRY_AGAIN' && rcode === 'SERVFAIL') search.hadServerFailure = true;
    else if (error !== 'HOST_NOT_FOUND') {
      // Silence and refusals end the list, but the name as typed may still be the whole name.
      search.steps = lastResort(search, context);
    }
  }
  const [next, ...rest] = search.steps;
  if (!next) {
    search.result = {
      ok: false,
      error:
        search.asTyped ??
        (search.hadNoData ? 'NO_DATA' : search.hadServerFailure ? 'TRY_AGAIN' : search.lastError),
      ...(errno !== undefined && { errno }),
    };
    return;
  }
  search.step = next;
  search.steps = rest;
  ask(search, context, calls);
}

/** Hands an event over. True when it was meant for this search; look at `result` then. */
export function advanceSearch(
  search: GlibcSearch,
  event: ProgramEvent,
  context: ResolverContext,
  calls: SystemCalls,
): boolean {
  if (search.result || !search.send) return false;
  if (!advanceSend(search.send, event, context, calls)) return false;
  if (search.send.result) judge(search, context, calls);
  return true;
}
