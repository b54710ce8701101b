import { KINDS } from '../api/kinds.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';

const VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

const SUBRESOURCE_VERBS = ['get', 'patch', 'update'] as const;

/** API groups in the order that kube-apiserver lists them. */
const GROUPS = ['apps', 'discovery.k8s.io'] as const;

const kindsOf = (group: string) => KINDS.filter((kind) => kind.group === group);

interface Subresource {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

function subresourcesOf(kind: KindDescription): Subresource[] {
  const own = { group: kind.group, version: kind.version, kind: kind.kind };
  const list = kind.subresources.map((name): Subresource =>
    name === 'scale'
      ? { name, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: SUBRESOURCE_VERBS }
      : { name, ...own, verbs: SUBRESOURCE_VERBS },
  );
  if (kind.kind !== 'Pod') return list;
  return [...list, { name: 'log', ...own, verbs: ['get'] }];
}

/** `apidiscovery.k8s.io/v2`: everything of one group at once. */
function aggregatedGroup(group: string) {
  return {
    metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
    versions: [
      {
        version: 'v1',
        freshness: 'Current',
        resources: kindsOf(group).map((kind) => ({
          resource: kind.plural,
          responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
          scope: kind.isNamespaced ? 'Namespaced' : 'Cluster',
          singularResource: kind.singular,
          verbs: VERBS,
          ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
          ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
          ...(subresourcesOf(kind).length === 0
            ? {}
            : {
                subresources: subresourcesOf(kind).map(({ name, verbs, ...responseKind }) => ({
                  subresource: name,
                  responseKind,
                  verbs,
                })),
              }),
        })),
      },
    ],
  };
}

/** What `/api` (core) or `/apis` (groups) answer to a client that asks for the aggregated form. */
export function aggregatedDiscovery(root: 'api' | 'apis', version: 'v2' | 'v2beta1'): unknown {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: root === 'api' ? [aggregatedGroup('')] : GROUPS.map(aggregatedGroup),
  };
}

const groupVersion = (group: string) => ({ groupVersion: `${group}/v1`, version: 'v1' });

const apiGroup = (group: string) => ({
  name: group,
  versions: [groupVersion(group)],
  preferredVersion: groupVersion(group),
});

function resourceList(group: string): unknown {
  const resources = kindsOf(group).flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.isNamespaced,
      kind: kind.kind,
      verbs: VERBS,
      ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    },
    ...subresourcesOf(kind).map(({ name, ...subresource }) => ({
      name: `${kind.plural}/${name}`,
      singularName: '',
      namespaced: kind.isNamespaced,
      ...(subresource.group === kind.group
        ? {}
        : { group: subresource.group, version: subresource.version }),
      kind: subresource.kind,
      verbs: subresource.verbs,
    })),
  ]);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version: 'v1' }),
    resources,
  };
}

/** The older discovery documents, one per path; undefined for a path that is none of them. */
export function plainDiscovery(segments: readonly string[]): unknown {
  const [root, group = '', version, ...rest] = segments;
  if (rest.length > 0) return undefined;
  if (root === 'api') {
    if (segments.length === 1) {
      return {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
      };
    }
    return segments.length === 2 && group === 'v1' ? resourceList('') : undefined;
  }
  if (root !== 'apis') return undefined;
  if (segments.length === 1) {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: GROUPS.map(apiGroup) };
  }
  if (!(GROUPS as readonly string[]).includes(group)) return undefined;
  if (version === undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group) };
  return version === 'v1' ? resourceList(group) : undefined;
}

/** What `/version` answers. */
export const VERSION = {
  major: '1',
  minor: '35',
  emulationMajor: '1',
  emulationMinor: '35',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '34',
  gitVersion: 'v1.35.0',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.25.5',
  compiler: 'gc',
  platform: 'linux/amd64',
} as const;
