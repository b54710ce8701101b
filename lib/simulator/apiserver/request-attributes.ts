import type { RestRequest } from './rest-types.ts';

/** What a request wants to do, as authorization sees it (apiserver pkg/endpoints/request `RequestInfo`). */
export type Attributes =
  | {
      readonly type: 'resource';
      readonly verb: string;
      readonly namespace: string;
      readonly apiGroup: string;
      readonly resource: string;
      readonly subresource: string;
      readonly name: string;
    }
  | { readonly type: 'path'; readonly verb: string; readonly path: string };

const VERBS: Readonly<Record<RestRequest['method'], string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const OF_NAMESPACE = ['status', 'finalize'];

/** `metadata.name=x` of a field selector: lists and watches of one object count as naming it. */
const selectedName = (selector: string | undefined) =>
  /^metadata\.name==?([^,]+)$/.exec(selector ?? '')?.[1] ?? '';

/** Reads a request's method and path. */
export function attributesOf(
  { method, path }: Pick<RestRequest, 'method' | 'path'>,
  segments: readonly string[],
  query: ReadonlyMap<string, readonly string[]>,
): Attributes {
  const [root, first = '', second] = segments;
  const isCore = root === 'api' && segments.length > 2;
  const isGroup = root === 'apis' && segments.length > 3;
  const verb = VERBS[method];
  if (!isCore && !isGroup) {
    return { type: 'path', verb, path: path.split('?')[0] ?? '' };
  }
  let rest = segments.slice(isCore ? 2 : 3);
  let namespace = '';
  if (rest[0] === 'namespaces' && rest.length > 1) {
    namespace = rest[1] ?? '';
    // The namespace itself is a resource too, with subresources of its own.
    if (rest.length > 2 && !OF_NAMESPACE.includes(rest[2] ?? '')) rest = rest.slice(2);
  }
  const [resource = '', name = '', subresource = ''] = rest;
  void second;
  const isList = name === '' && (method === 'GET' || method === 'DELETE');
  const watches = method === 'GET' && ['true', '1'].includes(query.get('watch')?.[0] ?? '');
  return {
    type: 'resource',
    verb: watches ? 'watch' : isList ? (method === 'GET' ? 'list' : 'deletecollection') : verb,
    namespace,
    apiGroup: isCore ? '' : first,
    resource,
    subresource,
    name: name === '' ? selectedName(query.get('fieldSelector')?.[0]) : name,
  };
}

/** What a forbidden request tried, in words: `cannot list resource "pods" in API group "" in the namespace "default"`. */
export function describeAttributes(attributes: Attributes): string {
  if (attributes.type === 'path') {
    return `cannot ${attributes.verb} path ${JSON.stringify(attributes.path)}`;
  }
  const { verb, resource, subresource, apiGroup, namespace } = attributes;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `cannot ${verb} resource "${what}" in API group "${apiGroup}" ${where}`;
}
