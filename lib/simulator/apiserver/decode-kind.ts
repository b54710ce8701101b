import type { ApiResult, KubeObject, Status } from '../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { decodeCustom } from './decode-custom.ts';
import { decodeObject } from './decode-object.ts';
import { accepted, badRequest, refused } from './status.ts';

/** What `fieldValidation` says about unknown fields. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodedBody {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The beginning of a body in a message (handlers/rest.go `summarizeData`). */
function summarize(body: string): string {
  if (body === '') return '<empty>';
  const isLong = body.length > 30;
  const start = isLong ? body.slice(0, 30) : body;
  const shown = body.startsWith('{')
    ? start
    : [...start].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return isLong ? `${shown} ...` : shown;
}

/** 400 for a body of which not even the kind can be read (handlers/rest.go `transformDecodeError`). */
export const unrecognized = (kind: KindDescription, why: string, body: string): Status =>
  badRequest(
    `the object provided is unrecognized (must be of type ${kind.kind}): ${why} (${summarize(body)})`,
  );

const NO_OBJECT =
  'couldn\'t get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

interface Decoded {
  readonly object: KubeObject;
  readonly strict: readonly string[];
  readonly mismatch?: string;
}

function decode(kind: KindDescription, body: Readonly<Record<string, unknown>>): Decoded {
  const { value, strict, mismatch } = kind.custom
    ? decodeCustom(body, kind.custom)
    : decodeObject(body, kind.type);
  const decoded = value as KubeObject;
  return {
    object: {
      ...decoded,
      kind: kind.kind,
      apiVersion: apiVersionOf(kind),
      metadata: { ...decoded.metadata, name: decoded.metadata?.name ?? '' },
    },
    strict,
    ...(mismatch === undefined ? {} : { mismatch }),
  };
}

/** An object as a typed one: unknown and repeated fields refused or dropped, wrong types refused. */
export function decodeKind(
  kind: KindDescription,
  body: unknown,
  validation: FieldValidation,
  duplicates: readonly string[] = [],
): ApiResult<DecodedBody> {
  if (!isRecord(body)) {
    return refused(unrecognized(kind, NO_OBJECT, JSON.stringify(body ?? null)));
  }
  const mismatched = mismatchedKind(kind, body);
  if (mismatched !== undefined) return refused(badRequest(mismatched));
  const { object, strict, mismatch } = decode(kind, body);
  const cannot = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}`;
  if (mismatch !== undefined) return refused(badRequest(`${cannot}: ${mismatch}`));
  const all = [...new Set([...strict, ...duplicates])];
  if (all.length > 0 && validation === 'Strict') {
    return refused(badRequest(`${cannot}: strict decoding error: ${all.join(', ')}`));
  }
  return accepted({ object, warnings: validation === 'Warn' ? all : [] });
}

/** The result of a patch as an object, or why it is none. */
export function decodePatched(
  kind: KindDescription,
  body: unknown,
  validation: FieldValidation,
  duplicates: readonly string[],
): DecodedBody | string {
  if (!isRecord(body))
    return 'json: cannot unmarshal value into Go value of type map[string]interface {}';
  const { object, strict, mismatch } = decode(kind, body);
  if (mismatch !== undefined) return mismatch;
  const all = [...new Set([...duplicates, ...strict])];
  if (all.length > 0 && validation === 'Strict') return `strict decoding error: ${all.join(', ')}`;
  return { object, warnings: validation === 'Warn' ? all : [] };
}

/** Whether a body says that it is another kind than the URL's. */
function mismatchedKind(
  kind: KindDescription,
  body: Readonly<Record<string, unknown>>,
): string | undefined {
  const { apiVersion, kind: name } = body;
  const expected = apiVersionOf(kind);
  const isNamed = typeof name === 'string' && name !== '';
  if (isNamed && name !== kind.kind) {
    const said = typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : expected;
    const version = said.split('/').at(-1) ?? '';
    return `${name} in version "${version}" cannot be handled as a ${kind.kind}: converting (${version}.${name}) to (${kind.group.split('.')[0] || 'core'}.${kind.kind}): unknown conversion`;
  }
  if (typeof apiVersion === 'string' && apiVersion !== '' && apiVersion !== expected) {
    return `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`;
  }
  return undefined;
}
