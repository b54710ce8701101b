import { compareVersions } from '../api/meta/compare-versions.ts';
import type { Kinds } from '../api/kinds.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { REVIEWS } from './rest-review.ts';

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

/** API groups in the order that kube-apiserver lists them. Groups of CustomResourceDefinitions follow by name. */
const GROUPS: readonly string[] = (
  'apps events.k8s.io authentication.k8s.io authorization.k8s.io autoscaling batch certificates.k8s.io ' +
  'networking.k8s.io policy rbac.authorization.k8s.io storage.k8s.io admissionregistration.k8s.io ' +
  'apiextensions.k8s.io scheduling.k8s.io coordination.k8s.io node.k8s.io discovery.k8s.io ' +
  'resource.k8s.io flowcontrol.apiserver.k8s.io'
).split(' ');

/** What discovery tells of a resource: a kind that is stored, or a question that is only answered. */
type Resource = Pick<
  KindDescription,
  | 'group'
  | 'version'
  | 'kind'
  | 'plural'
  | 'singular'
  | 'isNamespaced'
  | 'shortNames'
  | 'categories'
  | 'subresources'
  | 'custom'
> & { readonly verbs: readonly string[] };

const REVIEW_RESOURCES: readonly Resource[] = Object.entries(REVIEWS).map(
  ([plural, { kind, group, isNamespaced = false }]) => ({
    group,
    version: 'v1',
    kind,
    plural,
    singular: kind.toLowerCase(),
    isNamespaced,
    shortNames: [],
    categories: [],
    subresources: [],
    verbs: ['create'],
  }),
);

const resourcesOf = (kinds: Kinds): readonly Resource[] => [
  ...REVIEW_RESOURCES,
  ...kinds.list.map((kind) => ({ ...kind, verbs: VERBS })),
];

/** A group's versions with their resources, the preferred version first. */
interface GroupVersions {
  readonly group: string;
  readonly versions: readonly {
    readonly version: string;
    readonly resources: readonly Resource[];
  }[];
}

function groupVersions(group: string, all: readonly Resource[]): GroupVersions {
  const own = all.filter((resource) => resource.group === group);
  const names = [...new Set(own.map(({ version }) => version))].sort(compareVersions);
  const byName = (a: Resource, b: Resource) => (a.plural < b.plural ? -1 : 1);
  const versions = names.map((version) => ({
    version,
    resources: own.filter((resource) => resource.version === version).sort(byName),
  }));
  return { group, versions };
}

function groupsOf(all: readonly Resource[]): GroupVersions[] {
  const names = [...new Set(all.map(({ group }) => group))].filter((name) => name !== '');
  const place = (name: string) => (GROUPS.includes(name) ? GROUPS.indexOf(name) : GROUPS.length);
  return names
    .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
    .map((name) => groupVersions(name, all));
}

interface Subresource {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

const TOKEN_REQUEST = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };

function subresourcesOf(kind: Resource): Subresource[] {
  const own = { group: kind.group, version: kind.version, kind: kind.kind };
  const list = kind.subresources.map((name): Subresource =>
    name === 'scale'
      ? { name, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: SUBRESOURCE_VERBS }
      : { name, ...own, verbs: SUBRESOURCE_VERBS },
  );
  if (kind.custom) return list;
  if (kind.kind === 'ServiceAccount') {
    return [{ name: 'token', ...TOKEN_REQUEST, verbs: ['create'] }];
  }
  if (kind.kind === 'Namespace') return [{ name: 'finalize', ...own, verbs: ['update'] }, ...list];
  if (kind.kind !== 'Pod') return list;
  const pod = (name: string, itsKind: string, verbs: readonly string[]): Subresource => ({
    ...own,
    name,
    kind: itsKind,
    verbs,
  });
  return [
    pod('attach', 'PodAttachOptions', ['create', 'get']),
    pod('binding', 'Binding', ['create']),
    pod('ephemeralcontainers', 'Pod', SUBRESOURCE_VERBS),
    { name: 'eviction', group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
    pod('exec', 'PodExecOptions', ['create', 'get']),
    pod('log', 'Pod', ['get']),
    pod('portforward', 'PodPortForwardOptions', ['create', 'get']),
    ...list,
  ];
}

const namesOf = ({ shortNames, categories }: Resource) => ({
  ...(shortNames.length > 0 ? { shortNames } : {}),
  ...(categories.length > 0 ? { categories } : {}),
});

function aggregatedResource(kind: Resource) {
  const subresources = subresourcesOf(kind).map(({ name, verbs, ...responseKind }) => ({
    subresource: name,
    responseKind,
    verbs,
  }));
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...namesOf(kind),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** `apidiscovery.k8s.io/v2`: everything of one group at once. */
const aggregatedGroup = ({ group, versions }: GroupVersions) => ({
  metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
  versions: versions.map(({ version, resources }) => ({
    version,
    freshness: 'Current',
    resources: resources.map(aggregatedResource),
  })),
});

/** What `/api` (core) or `/apis` (groups) answer to a client that asks for the aggregated form. */
export function aggregatedDiscovery(
  root: 'api' | 'apis',
  version: 'v2' | 'v2beta1',
  kinds: Kinds,
): unknown {
  const all = resourcesOf(kinds);
  const groups = root === 'api' ? [groupVersions('', all)] : groupsOf(all);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(aggregatedGroup),
  };
}

function apiGroup({ group, versions }: GroupVersions) {
  const listed = versions.map(({ version }) => ({
    groupVersion: apiVersionOf({ group, version }),
    version,
  }));
  return { name: group, versions: listed, preferredVersion: listed[0] };
}

function resourceList(group: string, version: string, served: readonly Resource[]): unknown {
  const resources = served.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.isNamespaced,
      kind: kind.kind,
      verbs: kind.verbs,
      ...namesOf(kind),
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
    groupVersion: apiVersionOf({ group, version }),
    resources,
  };
}

const API_VERSIONS = {
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
};

/** The older discovery documents, one per path; undefined for a path that is none of them. */
export function plainDiscovery(segments: readonly string[], kinds: Kinds): unknown {
  const [root, ...names] = segments;
  const all = resourcesOf(kinds);
  const [group = '', version, ...rest] = root === 'api' ? ['', ...names] : names;
  if (rest.length > 0 || (root !== 'api' && root !== 'apis')) return undefined;
  if (segments.length === 1) {
    return root === 'api'
      ? API_VERSIONS
      : { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(all).map(apiGroup) };
  }
  const { versions } = groupVersions(group, all);
  if (version === undefined) {
    if (versions.length === 0) return undefined;
    return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup({ group, versions }) };
  }
  const found = versions.find((each) => each.version === version);
  return found && resourceList(group, version, found.resources);
}

/** What `/` answers: where one may go. */
export function rootPaths(kinds: Kinds): unknown {
  const groups = groupsOf(resourcesOf(kinds)).flatMap(({ group, versions }) => [
    `/apis/${group}`,
    ...versions.map(({ version }) => `/apis/${group}/${version}`),
  ]);
  const others = ['/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
  return { paths: ['/api', '/api/v1', '/apis', ...groups, ...others].sort() };
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
