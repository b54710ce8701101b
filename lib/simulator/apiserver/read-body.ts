import type { ApiResult, KubeObject, Status } from '../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { decodeCustom } from './decode-custom.ts';
import { decodeObject } from './decode-object.ts';
import { readJson } from './read-json.ts';
import { PROTOBUF_MARK, readProtobuf } from './read-protobuf.ts';
import { BODY_LIMIT, readYaml } from './read-yaml.ts';
import type { RestRequest } from './rest-types.ts';
import { accepted, badRequest, refused, statusFailure } from './status.ts';

/** What `fieldValidation` says about unknown fields. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodedBody {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

type MediaType = 'json' | 'yaml' | 'protobuf';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Also for a protobuf body of a kind that we have no numbers for. */
export const UNREADABLE = statusFailure(
  415,
  'UnsupportedMediaType',
  'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
);

const MEDIA_TYPES: Readonly<Record<string, MediaType>> = {
  '': 'json',
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
};

/** The format that a request says its body has; undefined for one that the API does not read. */
export function mediaTypeOf(request: RestRequest): MediaType | undefined {
  const [type = ''] = (request.headers?.['content-type'] ?? '').split(';');
  return MEDIA_TYPES[type.trim()];
}

export type BodyDocument =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** Keys that stand twice, as a strict decoder says it. */
      readonly duplicates: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

const alreadySet = (lines: readonly { readonly line: number; readonly key: string }[]) =>
  lines.length === 0
    ? []
    : [
        `yaml: unmarshal errors:\n${lines
          .map(({ line, key }) => `  line ${line}: key ${JSON.stringify(key)} already set in map`)
          .join('\n')}`,
      ];

/** A text of one format. YAML may be JSON. */
export function readDocument(text: string, format: 'json' | 'yaml'): BodyDocument {
  if (format === 'json' || /^\s*[{[]/.test(text)) {
    const read = readJson(text);
    if (read.ok) {
      const duplicates =
        format === 'json'
          ? read.duplicates.map(({ path }) => `duplicate field ${JSON.stringify(path)}`)
          : alreadySet(read.duplicates);
      return { ok: true, value: read.value, duplicates };
    }
    if (format === 'json' || read.message === 'exceeded max depth') return read;
  }
  const read = readYaml(text);
  if (!read.ok) return read;
  return { ok: true, value: read.documents[0], duplicates: alreadySet(read.duplicates) };
}

/** Length in bytes of UTF-8, as far as it matters for the limit. */
function byteLength(text: string): number {
  if (text.length * 3 <= BODY_LIMIT) return text.length;
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Each half of a surrogate pair makes two of the four bytes.
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
  }
  return bytes;
}

const TOO_LARGE = statusFailure(
  413,
  'RequestEntityTooLarge',
  `Request entity too large: limit is ${BODY_LIMIT}`,
);

/** What stood in a body: a document, or in `message` why it is none. */
export function readSentDocument(
  text: string,
  media: MediaType,
): ApiResult<{
  readonly value?: unknown;
  readonly message?: string;
  readonly duplicates: readonly string[];
}> {
  if (media === 'protobuf' || text.startsWith(PROTOBUF_MARK)) {
    const value = readProtobuf(text);
    return value === undefined ? refused(UNREADABLE) : accepted({ value, duplicates: [] });
  }
  if (byteLength(text) > BODY_LIMIT) return refused(TOO_LARGE);
  const read = readDocument(text, media);
  if (read.ok) return accepted(read);
  const isJson = media === 'json' || read.message === 'exceeded max depth';
  return accepted({
    message: `${isJson ? "couldn't get version/kind; json parse error: " : ''}${read.message}`,
    duplicates: [],
  });
}

/** A body's text as plain data, whatever its format. Bounded in size and depth. */
export function parseBody(text: string): ApiResult<unknown> {
  const read = readSentDocument(text, text.startsWith(PROTOBUF_MARK) ? 'protobuf' : 'yaml');
  if (!read.ok) return read;
  return read.value.message === undefined
    ? accepted(read.value.value)
    : refused(badRequest(`error decoding request body: ${read.value.message}`));
}

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
