import type { ApiResult } from '../api/meta/object.ts';
import { readJson } from './read-json.ts';
import { PROTOBUF_MARK, readProtobuf } from './read-protobuf.ts';
import { BODY_LIMIT, readYaml } from './read-yaml.ts';
import type { RestRequest } from './rest-types.ts';
import { accepted, badRequest, refused, statusFailure } from './status.ts';

type MediaType = 'json' | 'yaml' | 'protobuf';

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
