import { compareVersions } from '../api/meta/compare-versions.ts';
import type { Kinds } from '../api/kinds.ts';
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

/** API groups in the order that kube-apiserver lists them. Groups of CustomResourceDefinitions follow by name. */
const GROUPS: readonly string[] = ['apps', 'discovery.k8s.io'];

/** A group's versions with their kinds, the preferred version first. */
interface GroupVersions {
  readonly group: string;
  readonly versions: readonly {
    readonly version: string;
    readonly kinds: readonly KindDescription[];
  }[];
}

function groupVersions(group: string, kinds: Kinds): GroupVersions {
  const own = kinds.list.filter((kind) => kind.group === group);
  const names = [...new Set(own.map(({ version }) => version))].sort(compareVersions);
  const versions = names.map((version) => ({
    version,
    kinds: own.filter((kind) => kind.version === version),
  }));
  return { group, versions };
}

function groupsOf(kinds: Kinds): GroupVersions[] {
  const names = [...new Set(kinds.list.map(({ group }) => group))].filter((name) => name !== '');
  const rank = (name: string) => (GROUPS.indexOf(name) + GROUPS.length + 1) % (GROUPS.length + 1);
  return names
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((name) => groupVersions(name, kinds));
}

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

const namesOf = ({ shortNames, categories }: KindDescription) => ({
  ...(shortNames.length > 0 ? { shortNames } : {}),
  ...(categories.length > 0 ? { categories } : {}),
});

function aggregatedResource(kind: KindDescription) {
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
    verbs: VERBS,
    ...namesOf(kind),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

/** `apidiscovery.k8s.io/v2`: everything of one group at once. */
const aggregatedGroup = ({ group, versions }: GroupVersions) => ({
  metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
  versions: versions.map(({ version, kinds }) => ({
    version,
    freshness: 'Current',
    resources: kinds.map(aggregatedResource),
  })),
});

/** What `/api` (core) or `/apis` (groups) answer to a client that asks for the aggregated form. */
export function aggregatedDiscovery(
  root: 'api' | 'apis',
  version: 'v2' | 'v2beta1',
  kinds: Kinds,
): unknown {
  const groups = root === 'api' ? [groupVersions('', kinds)] : groupsOf(kinds);
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

function resourceList(group: string, version: string, kinds: readonly KindDescription[]): unknown {
  const resources = kinds.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.isNamespaced,
      kind: kind.kind,
      verbs: VERBS,
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
  const [group = '', version, ...rest] = root === 'api' ? ['', ...names] : names;
  if (rest.length > 0 || (root !== 'api' && root !== 'apis')) return undefined;
  if (segments.length === 1) {
    return root === 'api'
      ? API_VERSIONS
      : { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(kinds).map(apiGroup) };
  }
  const { versions } = groupVersions(group, kinds);
  if (version === undefined) {
    if (versions.length === 0) return undefined;
    return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup({ group, versions }) };
  }
  const found = versions.find((each) => each.version === version);
  return found && resourceList(group, version, found.kinds);
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
