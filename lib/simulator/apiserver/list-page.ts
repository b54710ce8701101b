import { decodeBase64, encodeBase64 } from '../base/base64.ts';
import { kindKey, kindKeyOf } from '../api/kinds.ts';
import type { ApiResult, KubeObject, Status } from '../api/meta/object.ts';
import {
  forbidden,
  invalid,
  notSupported,
  type FieldProblem,
} from '../api/schema/field-problem.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import { selectorOf } from './select-objects.ts';
import { accepted, badRequest, invalidStatus, refused, statusFailure } from './status.ts';
import type { ListOptions, Store } from './store.ts';

type Query = ReadonlyMap<string, readonly string[]>;

const first = (query: Query, name: string) => query.get(name)?.[0] ?? '';

/** Part of a list, and where the next part begins. */
export interface ListPage {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly next: { readonly continue?: string; readonly remainingItemCount?: number };
}

const NO_LIST_OPTIONS = { group: 'meta.k8s.io', kind: 'ListOptions', plural: '' };
const MATCHES = ['Exact', 'NotOlderThan', ''];

/** meta/internalversion/validation `ValidateListOptions`, for lists. */
function listProblems(query: Query): FieldProblem[] {
  const match = first(query, 'resourceVersionMatch');
  const version = first(query, 'resourceVersion');
  const problems: FieldProblem[] = [];
  const refuse = (detail: string) => problems.push(forbidden('resourceVersionMatch', detail));
  if (match !== '') {
    if (version === '') {
      refuse('resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if (first(query, 'continue') !== '') {
      refuse('resourceVersionMatch is forbidden when continue is provided');
    }
    if (!MATCHES.includes(match)) {
      problems.push(notSupported('resourceVersionMatch', match, MATCHES));
    }
    if (match === 'Exact' && version === '0') {
      refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (query.has('sendInitialEvents')) {
    problems.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return problems;
}

/** The same for watches. */
function watchProblems(query: Query): FieldProblem[] {
  const match = first(query, 'resourceVersionMatch');
  const hasInitial = query.has('sendInitialEvents');
  const problems: FieldProblem[] = [];
  const refuse = (detail: string) => problems.push(forbidden('resourceVersionMatch', detail));
  if (hasInitial && match !== 'NotOlderThan') {
    refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match !== '') {
    if (!hasInitial) {
      refuse('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    }
    if (match !== 'NotOlderThan') {
      problems.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']));
    }
  }
  return problems;
}

/** What is wrong with the options of a list or watch, but for its selectors. */
export function optionsProblem(query: Query, verb: 'list' | 'watch'): Status | undefined {
  for (const name of ['limit', 'timeoutSeconds']) {
    const text = first(query, name);
    if (!/^-?\d*$/.test(text)) {
      return badRequest(
        `unable to decode query: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
      );
    }
  }
  const problems = verb === 'list' ? listProblems(query) : watchProblems(query);
  return problems.length > 0 ? invalidStatus(NO_LIST_OPTIONS, '', problems) : undefined;
}

/** Why a text is no version of a resource, or undefined. */
export function versionProblem(kind: KindDescription, version: string): Status | undefined {
  if (/^\d*$/.test(version)) return undefined;
  const why = `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`;
  return invalidStatus({ ...kind, kind: kind.plural }, '', [
    invalid('resourceVersion', version, why),
  ]);
}

/** A version that is yet to come: the server waits three seconds for it, then asks to try again. */
const tooLarge = (asked: number, current: number): Status =>
  statusFailure(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  );

const keyOf = ({ metadata: { namespace, name } }: KubeObject) =>
  namespace === undefined ? name : `${namespace}/${name}`;

/** The objects of a list as they were at a version; undefined when the store has forgotten how they were. */
function objectsAt(
  kind: KindDescription,
  options: ListOptions,
  version: number,
  store: Store,
): readonly KubeObject[] | undefined {
  const changes = store.changesSince(version);
  if (!changes) return undefined;
  const key = kindKey(kind);
  const later = changes.filter(({ object }) => kindKeyOf(object) === key);
  if (later.length === 0) return store.list(key, options);
  const objects = new Map(store.list(key).map((object) => [keyOf(object), object]));
  for (const { object, previous } of later.toReversed()) {
    if (previous) objects.set(keyOf(object), previous);
    else objects.delete(keyOf(object));
  }
  const isSelected = selectorOf(kind, options);
  return [...objects]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, object]) => object)
    .filter(
      (object) =>
        (options.namespace === undefined || object.metadata.namespace === options.namespace) &&
        isSelected(object),
    );
}

interface Token {
  /** -1: go on with the present state, whatever changed since the first page. */
  readonly version: number;
  /** The first key that is still to come, below the list's own prefix. */
  readonly start: string;
}

/** storage/continue.go: a version and a key, as JSON in base64 of URLs. */
function encodeToken({ version, start }: Token): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start });
  return encodeBase64(json).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function decodeToken(text: string): Token | string {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/');
  if (!/^[A-Za-z0-9+/]*$/.test(base64)) {
    const at = base64.search(/[^A-Za-z0-9+/]/);
    return `continue key is not valid: illegal base64 data at input byte ${at}`;
  }
  const parsed = parseToken(decodeBase64(base64));
  if (!parsed) return 'continue key is not valid: invalid character in token';
  if (parsed.v !== 'meta.k8s.io/v1') {
    return `continue key is not valid: server does not recognize this encoded version ${typeof parsed.v === 'string' ? parsed.v : ''}`;
  }
  if (typeof parsed.rv !== 'number' || parsed.rv === 0) {
    return 'continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)';
  }
  if (typeof parsed.start !== 'string' || parsed.start === '') {
    return 'continue key is not valid: encoded start key empty (version meta.k8s.io/v1)';
  }
  return { version: parsed.rv, start: parsed.start };
}

function parseToken(
  text: string,
): { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown } | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

const EXPIRED_TOKEN =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

/** 410, with a token in its metadata for clients that do not mind an inconsistent list. */
function expiredToken(token: Token): Status {
  const next = encodeToken({ version: -1, start: token.start });
  const status = statusFailure(410, 'Expired', EXPIRED_TOKEN);
  return { ...status, metadata: { continue: next } };
}

interface Reading {
  readonly objects: readonly KubeObject[];
  readonly version: number;
  /** Keys before this one were sent. */
  readonly start: string;
}

function readFrom(
  kind: KindDescription,
  query: Query,
  options: ListOptions,
  store: Store,
): ApiResult<Reading> {
  const [asked, text] = [first(query, 'resourceVersion'), first(query, 'continue')];
  const current = store.resourceVersion;
  const wrong = versionProblem(kind, asked);
  if (wrong) {
    const why = wrong.details?.causes?.[0]?.message ?? '';
    return refused(statusFailure(500, '', `resourceVersion: ${why}`));
  }
  if (text === '') {
    if (Number(asked) > current) return refused(tooLarge(Number(asked), current));
    const isExact =
      first(query, 'resourceVersionMatch') === 'Exact' ||
      (Number(first(query, 'limit')) > 0 &&
        Number(asked) > 0 &&
        !query.has('resourceVersionMatch'));
    const version = isExact ? Number(asked) : current;
    const objects = objectsAt(kind, options, version, store);
    return objects
      ? accepted({ objects, version, start: '' })
      : refused(
          statusFailure(410, 'Expired', 'The resourceVersion for the provided list is too old.'),
        );
  }
  if (asked !== '' && asked !== '0') {
    return refused(badRequest('specifying resource version is not allowed when using continue'));
  }
  const token = decodeToken(text);
  if (typeof token === 'string') return refused(badRequest(`invalid continue token: ${token}`));
  const version = token.version < 0 ? current : token.version;
  if (version > current) return refused(tooLarge(version, current));
  const objects = objectsAt(kind, options, version, store);
  return objects
    ? accepted({ objects, version, start: token.start })
    : refused(expiredToken(token));
}

/**
 * One page of a list. All pages show the objects as they were at the first (the store remembers its newest changes; a
 * token from before them is answered with 410). Source: apiserver storage/etcd3/store.go `GetList`.
 */
export function listPage(
  kind: KindDescription,
  query: Query,
  options: ListOptions,
  store: Store,
): ApiResult<ListPage> {
  const read = readFrom(kind, query, options, store);
  if (!read.ok) return read;
  const { objects, version, start } = read.value;
  const placeOf = (object: KubeObject) =>
    options.namespace === undefined ? keyOf(object) : object.metadata.name;
  const left = start === '' ? objects : objects.filter((object) => placeOf(object) >= start);
  // Lists of version 0 come from the watch cache, which knows no pages.
  const limit = first(query, 'resourceVersion') === '0' ? 0 : Number(first(query, 'limit'));
  const resourceVersion = String(version);
  const last = left[limit - 1];
  if (!(limit > 0) || left.length <= limit || !last) {
    return accepted({ items: left, resourceVersion, next: {} });
  }
  const isWhole = !options.labelSelector && !options.fieldSelector;
  return accepted({
    items: left.slice(0, limit),
    resourceVersion,
    next: {
      continue: encodeToken({ version, start: `${placeOf(last)}\0` }),
      // With a selector nobody counts what is still to be selected.
      ...(isWhole ? { remainingItemCount: left.length - limit } : {}),
    },
  });
}
