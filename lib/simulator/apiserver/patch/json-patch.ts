import { copyPlain } from '../../base/copy.ts';
import { isSameJson } from '../../base/same-json.ts';

export type PatchResult =
  | { readonly ok: true; readonly value: unknown }
  /** `code` is the HTTP status that the API server answers with. */
  | { readonly ok: false; readonly message: string; readonly code: 400 | 413 | 422 | 500 };

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

const fail = (message: string, code: 400 | 413 | 422): PatchResult => ({
  ok: false,
  message,
  code,
});

/** The tokens of a JSON pointer (RFC 6901). */
const tokensOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

type Container = Record<string, unknown> | unknown[];

const isContainer = (value: unknown): value is Container =>
  value !== null && typeof value === 'object';

function childOf(container: unknown, token: string): unknown {
  if (Array.isArray(container)) return /^\d+$/.test(token) ? container[Number(token)] : undefined;
  if (!isContainer(container) || !Object.hasOwn(container, token)) return undefined;
  return (container as Record<string, unknown>)[token];
}

const read = (document: unknown, pointer: string) =>
  tokensOf(pointer).reduce<unknown>((value, token) => childOf(value, token), document);

/** The container that a pointer's last token stands in, and that token. */
function parentOf(document: unknown, pointer: string): [unknown, string] {
  const tokens = tokensOf(pointer);
  const last = tokens.pop() ?? '';
  return [tokens.reduce<unknown>((value, token) => childOf(value, token), document), last];
}

function add(document: unknown, pointer: string, value: unknown): string | undefined {
  const [parent, token] = parentOf(document, pointer);
  if (!isContainer(parent) || token === '__proto__') {
    return `add operation does not apply: doc is missing path: "${pointer}": missing value`;
  }
  if (!Array.isArray(parent)) {
    parent[token] = value;
    return undefined;
  }
  const index = token === '-' ? parent.length : Number(token);
  if (!Number.isInteger(index) || index < 0 || index > parent.length) {
    return `add operation does not apply: doc is missing path: "${pointer}": Unable to access invalid index: ${token}: invalid index referenced`;
  }
  parent.splice(index, 0, value);
  return undefined;
}

function remove(document: unknown, pointer: string): string | undefined {
  const [parent, token] = parentOf(document, pointer);
  if (!isContainer(parent) || childOf(parent, token) === undefined) {
    return `remove operation does not apply: doc is missing path: "${pointer}": missing value`;
  }
  if (Array.isArray(parent)) parent.splice(Number(token), 1);
  else delete parent[token];
  return undefined;
}

function replace(document: unknown, pointer: string, value: unknown): string | undefined {
  const [parent, token] = parentOf(document, pointer);
  if (!isContainer(parent) || childOf(parent, token) === undefined) {
    return `replace operation does not apply: doc is missing key: ${pointer}: missing value`;
  }
  if (Array.isArray(parent)) parent[Number(token)] = value;
  else parent[token] = value;
  return undefined;
}

function applyOperation(document: unknown, operation: Operation): string | undefined {
  const { op, path, from = '', value } = operation;
  switch (op) {
    case 'add':
      return add(document, path, copyPlain(value));
    case 'remove':
      return remove(document, path);
    case 'replace':
      return replace(document, path, copyPlain(value));
    case 'test':
      return isSameJson(read(document, path), value)
        ? undefined
        : `testing value ${path} failed: test failed`;
    case 'move':
    case 'copy': {
      const moved = copyPlain(read(document, from));
      if (moved === undefined) {
        return `${op} operation does not apply: doc is missing from path: "${from}": missing value`;
      }
      return (op === 'move' ? remove(document, from) : undefined) ?? add(document, path, moved);
    }
    default:
      return `Unexpected kind: ${op}`;
  }
}

/** JSON patch (RFC 6902), with the messages of evanphx/json-patch that the API server passes on. Gives a new value. */
export function applyJsonPatch(target: unknown, patch: unknown): PatchResult {
  if (!Array.isArray(patch)) {
    return fail('json: cannot unmarshal object into Go value of type jsonpatch.Patch', 400);
  }
  const document = copyPlain(target);
  for (const operation of patch as readonly Operation[]) {
    const problem = applyOperation(document, operation);
    if (problem !== undefined) return fail(problem, 422);
  }
  return { ok: true, value: document };
}
