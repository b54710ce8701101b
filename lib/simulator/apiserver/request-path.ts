import { BUILT_IN_KINDS, type Kinds } from '../api/kinds.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';

/** Which objects a URL names. */
export interface ResourcePath {
  readonly kind: KindDescription;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** Path segments and query of a URL path. Repeated names keep every value. */
export function splitUrl(path: string): {
  readonly segments: readonly string[];
  readonly query: ReadonlyMap<string, readonly string[]>;
} {
  const [pathname = '', search = ''] = path.split(/\?(.*)/s);
  const query = new Map<string, string[]>();
  for (const pair of search.split('&').filter((text) => text !== '')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map(decodeComponent);
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return {
    segments: pathname
      .split('/')
      .filter((s) => s !== '')
      .map(decodeComponent),
    query,
  };
}

/** Percent-decoding that keeps what is malformed. */
function decodeComponent(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Group, version, and the segments after `/api/VERSION` or `/apis/GROUP/VERSION`. */
function afterVersion(
  segments: readonly string[],
): readonly [group: string, version: string, rest: readonly string[]] | undefined {
  const [root, first = '', second = ''] = segments;
  if (root === 'api') return ['', first, segments.slice(2)];
  if (root === 'apis') return [first, second, segments.slice(3)];
  return undefined;
}

/** The resource that a path names, or undefined when the API serves none there. */
export function parseResourcePath(
  segments: readonly string[],
  kinds: Kinds = BUILT_IN_KINDS,
): ResourcePath | undefined {
  const found = afterVersion(segments);
  if (!found) return undefined;
  const [group, version, rest] = found;
  // `/api/v1/namespaces/x` is a namespace, `/api/v1/namespaces/x/pods` is its content.
  const isContent =
    rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2] ?? '');
  const [plural, name, subresource] = isContent ? rest.slice(2) : rest;
  const kind = kinds.list.find(
    (each) => each.plural === plural && each.group === group && each.version === version,
  );
  if (!kind || (isContent && !kind.isNamespaced)) return undefined;
  const length = isContent ? rest.length - 2 : rest.length;
  if (length > 3 || (name !== undefined && kind.isNamespaced && !isContent)) return undefined;
  return {
    kind,
    ...(isContent ? { namespace: rest[1] ?? '' } : {}),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}
