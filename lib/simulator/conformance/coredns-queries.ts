import { seedRandom } from '../base/random.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { createStore, createStoreState } from '../apiserver/create-store.ts';
import type { Store } from '../apiserver/store.ts';
import type { RecordType } from '../packet/dns-message.ts';
import { answerQuery, type PluginAnswer } from '../workloads/coredns/answer-query.ts';
import type { KubernetesConfig, PodMode } from '../workloads/coredns/find-records.ts';
import {
  importedNames,
  IMPORTED_NAME_LABEL,
  SOURCE_CLUSTER_LABEL,
  type ServiceImport,
} from '../workloads/coredns/service-imports.ts';
import { zoneDataOfStore } from '../workloads/coredns/zone-data-of-store.ts';
import { Tally, type Suite } from './suite.ts';

interface TablePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
}

interface TableSlices {
  readonly name: string;
  readonly namespace: string;
  readonly index: string;
  readonly zones?: Readonly<Record<string, string>>;
  readonly subsets: readonly {
    readonly addresses: readonly { readonly ip: string; readonly hostname?: string }[] | null;
    readonly ports: readonly TablePort[];
  }[];
}

interface TableCluster {
  readonly services?: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly type?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalName?: string;
    readonly ports?: readonly TablePort[];
  }[];
  readonly endpointSlices?: readonly TableSlices[];
  readonly pods?: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly podIP: string;
  }[];
  readonly serviceImports?: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly type: ServiceImport['spec']['type'];
    readonly clusterIPs?: readonly string[];
    readonly ports?: readonly TablePort[];
  }[];
  readonly multiClusterEndpoints?: readonly {
    readonly clusterId: string;
    readonly endpoints: TableSlices;
  }[];
  /** Says which namespaces do not exist: "every namespace name exists except a and b". */
  readonly namespaces?: string;
}

interface TableRecord {
  readonly name: string;
  readonly ttl: number;
  readonly type: string;
  readonly data: string;
}

interface TableQuery {
  readonly qname: string;
  readonly qtype: string;
  readonly rcode: string;
  readonly answer: readonly TableRecord[];
  readonly authority: readonly TableRecord[];
  readonly additional: readonly TableRecord[];
}

interface TableSuite {
  readonly id: string;
  readonly cluster: string;
  readonly config: {
    readonly zones: readonly string[];
    readonly multiclusterZones?: readonly string[];
    readonly exposedNamespaces?: readonly string[];
    readonly podMode?: PodMode;
    readonly ttl?: number;
    readonly ignoreEmptyService?: boolean;
    readonly dnsServerIPs?: readonly string[];
    readonly zonal?: boolean;
  };
  readonly queries: readonly TableQuery[];
}

interface Table {
  readonly clusters: Readonly<Record<string, TableCluster>>;
  readonly suites: readonly TableSuite[];
}

const DEFAULT_TTL = 5;
const protocolOf = (text = 'tcp') => (text.toUpperCase() === 'UDP' ? 'UDP' : 'TCP');

function servicesOf({ services = [] }: TableCluster): Service[] {
  return services.map(({ name, namespace, type, clusterIPs = [], externalName, ports = [] }) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      type: type === 'ExternalName' ? 'ExternalName' : 'ClusterIP',
      ...(clusterIPs[0] !== undefined && { clusterIP: clusterIPs[0], clusterIPs: [...clusterIPs] }),
      ...(externalName !== undefined && { externalName }),
      ports: ports.map((port) => ({ ...port, protocol: protocolOf(port.protocol) })),
    },
  }));
}

/** `labelsOf` says whose slices they are, by the name of the Service. */
function slicesOf(
  all: readonly TableSlices[],
  labelsOf: (service: string) => Readonly<Record<string, string>>,
): EndpointSlice[] {
  return all.flatMap(({ name, namespace, index, zones, subsets }) =>
    subsets.map((subset, i) => ({
      apiVersion: 'discovery.k8s.io/v1' as const,
      kind: 'EndpointSlice' as const,
      metadata: {
        name: i === 0 ? name : `${name}-${i}`,
        namespace,
        labels: { ...labelsOf(index.split('.')[0] ?? '') },
      },
      addressType: 'IPv4' as const,
      endpoints: (subset.addresses ?? []).map(({ ip, hostname }) => ({
        addresses: [ip],
        ...(hostname !== undefined && { hostname }),
        ...(zones?.[ip] !== undefined && { zone: zones[ip] }),
      })),
      // The plug-in's own form of "no ports" is a port -1.
      ports: subset.ports
        .filter(({ port }) => port >= 0)
        .map((port) => ({ ...port, protocol: protocolOf(port.protocol) })),
    })),
  );
}

/** What other clusters export to this one. */
function importsOf({ serviceImports = [], multiClusterEndpoints = [] }: TableCluster) {
  const imports = serviceImports.map(
    ({ name, namespace, type, clusterIPs = [], ports = [] }): ServiceImport => ({
      metadata: { name, namespace },
      spec: { type, ips: clusterIPs, ports },
    }),
  );
  const slices = multiClusterEndpoints.flatMap(({ clusterId, endpoints }) =>
    slicesOf([endpoints], (service) => ({
      [IMPORTED_NAME_LABEL]: service,
      [SOURCE_CLUSTER_LABEL]: clusterId,
    })),
  );
  return importedNames(imports, slices);
}

function podsOf({ pods = [] }: TableCluster): Pod[] {
  return pods.map(({ name, namespace, podIP }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { containers: [{ name: 'main' }] },
    status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] },
  }));
}

/** Namespaces of the objects and of the queried names, without those that the table says do not exist. */
function namespacesOf(cluster: TableCluster, queries: readonly TableQuery[]): string[] {
  const absent = new Set(
    /except (.*)$/.exec(cluster.namespaces ?? '')?.[1]?.split(/,\s*|\s+and\s+/),
  );
  const inObjects = [...servicesOf(cluster), ...podsOf(cluster)].map(
    ({ metadata }) => metadata.namespace ?? '',
  );
  const inQueries = queries.flatMap(
    ({ qname }) => /(?:^|\.)([^.]+)\.(?:svc|pod)\./i.exec(qname)?.[1]?.toLowerCase() ?? [],
  );
  return [...new Set([...inObjects, ...inQueries])].filter((name) => !absent.has(name));
}

/**
 * The cluster as etcd would hold it. Written beneath admission: the table gives two Services one address and slices of
 * mixed families, which an API server refuses and the plug-in answers all the same.
 */
function storeOf(cluster: TableCluster, queries: readonly TableQuery[]): Store {
  const state = createStoreState();
  const namespaces = namespacesOf(cluster, queries).map((name): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }));
  const objects = [
    ...namespaces,
    ...servicesOf(cluster),
    ...slicesOf(cluster.endpointSlices ?? [], (service) => ({ [SERVICE_NAME_LABEL]: service })),
    ...podsOf(cluster),
  ];
  for (const object of objects) {
    const { namespace, name } = object.metadata;
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    state.objects[object.kind]![key] = object;
  }
  return createStore({ state, now: () => 0, random: seedRandom('coredns') });
}

function configOf({ config }: TableSuite): KubernetesConfig {
  return {
    zones: config.zones,
    multiclusterZones: config.multiclusterZones ?? [],
    podMode: config.podMode ?? 'disabled',
    ttl: config.ttl ?? DEFAULT_TTL,
    ignoresEmptyServices: config.ignoreEmptyService ?? false,
    fallthrough: [],
    namespaces: config.exposedNamespaces ?? [],
    namesEndpointsByPod: false,
    names: config.zonal ? 'zonal' : 'flat',
    localIps: config.dnsServerIPs ?? [],
  };
}

const absolute = (name: string) => (name.endsWith('.') ? name : `${name}.`);

/**
 * One record as text. The serial of a SOA is a constant of upstream's fake and left out; its minimum is compared with
 * the record's own ttl, since the plug-in fills both from one number (backend_lookup.go `SOA`) and upstream's tests do
 * not look at it.
 */
function recordText({ name, type, ttl, data }: TableRecord): string {
  const fields = data.replaceAll('"', '').split(' ');
  if (type === 'SOA') fields.splice(2, 1, 'serial');
  if (type === 'SOA') fields.splice(6, 1);
  return `${absolute(name)} ${ttl} ${type} ${fields.join(' ')}`;
}

const sectionText = (records: readonly TableRecord[]) => records.map(recordText).sort().join(' | ');

/** Order does not matter, except that an alias stands before its target. */
function answerText(records: readonly TableRecord[]): string {
  const aliases = records.filter(({ type }) => type === 'CNAME');
  const at = records.findIndex(({ type }) => type !== 'CNAME');
  const inOrder = aliases.every((alias) => at < 0 || records.indexOf(alias) < at);
  return `${inOrder ? '' : 'alias behind its target: '}${sectionText(records)}`;
}

function seenText(answer: PluginAnswer): string {
  if (answer.type === 'next') return 'next plug-in';
  const minimumsAgree = answer.authority.every(
    ({ type, ttl, data }) => type !== 'SOA' || Number(data.split(' ')[6]) === ttl,
  );
  return [
    `${answer.responseCode}${minimumsAgree ? '' : ' (minimum of SOA is not its ttl)'}`,
    answerText(answer.answers),
    sectionText(answer.authority),
    sectionText(answer.additional),
  ].join('; ');
}

function runSuite(suite: TableSuite, table: Table, tally: Tally): void {
  const cluster = table.clusters[suite.cluster] ?? {};
  const data = {
    ...zoneDataOfStore(storeOf(cluster, suite.queries)),
    imports: importsOf(cluster),
  };
  for (const query of suite.queries) {
    const type = query.qtype.replace(/^\$dns\.Type/, '') as RecordType;
    const about = { case: suite.id, probe: `${query.qname} ${type}` };
    const expected = [
      query.rcode,
      answerText(query.answer),
      sectionText(query.authority),
      sectionText(query.additional),
    ].join('; ');
    const answer = answerQuery({ name: query.qname, type }, data, configOf(suite), 0);
    tally.compare(about, expected, seenText(answer));
  }
}

/** What CoreDNS's kubernetes plug-in answers, from the tables of its own tests. */
export const corednsQueries: Suite = {
  name: 'coredns_queries',
  unit: 'query',
  run(file) {
    const table = file as Table;
    const tally = new Tally();
    for (const suite of table.suites) runSuite(suite, table, tally);
    return tally.result();
  },
};
