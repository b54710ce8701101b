import type { ApiResult, KubeObject } from '../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { decodeCustom } from './decode-custom.ts';
import { decodeObject } from './decode-object.ts';
import { PROTOBUF_MARK, readProtobuf } from './read-protobuf.ts';
import { BODY_LIMIT, readYaml } from './read-yaml.ts';
import { accepted, badRequest, refused, statusFailure } from './status.ts';

/** What `fieldValidation` says about unknown fields. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodedBody {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Also for a protobuf body of a kind that we have no numbers for. */
export const UNREADABLE = statusFailure(
  415,
  'UnsupportedMediaType',
  'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
);

/** A body's text as plain data. Bounded in size and depth. */
export function parseBody(text: string): ApiResult<unknown> {
  if (text.startsWith(PROTOBUF_MARK)) {
    const value = readProtobuf(text);
    return value === undefined ? refused(UNREADABLE) : accepted(value);
  }
  if (text.length > BODY_LIMIT) {
    return refused(
      statusFailure(
        413,
        'RequestEntityTooLarge',
        `Request entity too large: limit is ${BODY_LIMIT}`,
      ),
    );
  }
  const parsed = readYaml(text);
  if (!parsed.ok) return refused(badRequest(`error decoding request body: ${parsed.message}`));
  return accepted(parsed.documents[0]);
}

/** An object as a typed one: unknown fields refused or dropped, wrong types refused. */
export function decodeKind(
  kind: KindDescription,
  body: unknown,
  validation: FieldValidation,
): ApiResult<DecodedBody> {
  if (!isRecord(body)) {
    return refused(
      badRequest(
        `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error`,
      ),
    );
  }
  const { value, strict, mismatch } = kind.custom
    ? decodeCustom(body, kind.custom)
    : decodeObject(body, kind.type);
  const cannot = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}`;
  if (mismatch !== undefined) return refused(badRequest(`${cannot}: ${mismatch}`));
  if (strict.length > 0 && validation === 'Strict') {
    return refused(badRequest(`${cannot}: strict decoding error: ${strict.join(', ')}`));
  }
  const decoded = value as KubeObject;
  return accepted({
    object: {
      ...decoded,
      kind: kind.kind,
      apiVersion: apiVersionOf(kind),
      metadata: { ...decoded.metadata, name: decoded.metadata?.name ?? '' },
    },
    warnings: validation === 'Warn' ? strict : [],
  });
}

/** Whether a body says that it is another kind than the URL's. */
export function mismatchedKind(kind: KindDescription, body: unknown): string | undefined {
  if (!isRecord(body)) return undefined;
  const { apiVersion, kind: name } = body;
  if (typeof apiVersion !== 'string' || apiVersion === '' || typeof name !== 'string') {
    return undefined;
  }
  const expected = apiVersionOf(kind);
  if (apiVersion !== expected) {
    return `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`;
  }
  return name === kind.kind
    ? undefined
    : `${name} in version "${kind.version}" cannot be handled as a ${kind.kind}: no kind "${name}" is registered for version "${expected}"`;
}
