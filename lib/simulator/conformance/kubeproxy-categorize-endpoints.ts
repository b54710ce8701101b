import { categorizeEndpoints } from '../node/kube-proxy/categorize-endpoints.ts';
import type { EndpointInfo } from '../node/kube-proxy/endpoints.ts';
import {
  servicePortsOf,
  usesClusterEndpoints,
  usesLocalEndpoints,
  type ServicePortInfo,
} from '../node/kube-proxy/service-port.ts';
import type { Service } from '../api/core/service.ts';
import { Tally, type Suite } from './suite.ts';

interface Row {
  readonly name: string;
  readonly nodeZone: string | null;
  readonly service: {
    readonly internalTrafficPolicy?: 'Cluster' | 'Local';
    readonly externalTrafficPolicy?: 'Cluster' | 'Local';
    readonly nodePort?: number;
  };
  readonly endpoints: readonly {
    endpoint: string;
    zoneHints: readonly string[] | null;
    ready: boolean;
    serving: boolean;
    terminating: boolean;
    isLocal: boolean;
  }[];
  readonly expected: {
    cluster: readonly string[] | null;
    local: readonly string[] | null;
    all: readonly string[];
    hasAnyEndpoints: boolean;
  };
}

function portOf({ service: { nodePort, ...policies } }: Row): ServicePortInfo | undefined {
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'service' },
    spec: {
      type: nodePort ? 'NodePort' : 'ClusterIP',
      clusterIP: '10.96.0.1',
      ports: [{ port: 80, ...(nodePort && { nodePort }) }],
      ...policies,
    },
  };
  return servicePortsOf(service, 'IPv4')[0];
}

function endpointOf(row: Row['endpoints'][number]): EndpointInfo {
  const [address = '', port = ''] = row.endpoint.split(':');
  return {
    address,
    port: Number(port),
    text: row.endpoint,
    ...(row.isLocal && { nodeName: 'node' }),
    isReady: row.ready,
    isServing: row.serving,
    isTerminating: row.terminating,
    zoneHints: row.zoneHints ?? [],
    nodeHints: [],
    because: { kind: 'EndpointSlice', name: 'slice' },
  };
}

const setText = (texts: readonly string[] | null) =>
  texts === null ? 'not used' : `{${[...texts].sort().join(' ')}}`;
const textsOf = (endpoints: readonly EndpointInfo[]) => endpoints.map(({ text }) => text);

/** What we answer, in the words of the table: the endpoints of both policies, of both together, and whether there are any. */
function answer(row: Row): string {
  const port = portOf(row);
  if (!port) return 'no such port';
  const nodeLabels: Record<string, string> =
    row.nodeZone === null ? {} : { 'topology.kubernetes.io/zone': row.nodeZone };
  const { cluster, local, all, hasAny } = categorizeEndpoints(row.endpoints.map(endpointOf), port, {
    nodeName: 'node',
    nodeLabels,
  });
  return [
    setText(usesClusterEndpoints(port) ? textsOf(cluster) : null),
    setText(usesLocalEndpoints(port) ? textsOf(local) : null),
    setText(textsOf(all)),
    String(hasAny),
  ].join(' ');
}

/** Which endpoints a proxy uses (pkg/proxy/topology_test.go). */
export const kubeproxyCategorizeEndpoints: Suite = {
  name: 'kubeproxy_categorize_endpoints',
  unit: 'row',
  run(file) {
    const { cases } = file as { cases: readonly Row[] };
    const tally = new Tally();
    for (const row of cases) {
      const { cluster, local, all, hasAnyEndpoints } = row.expected;
      const expected = [
        setText(cluster),
        setText(local),
        setText(all),
        String(hasAnyEndpoints),
      ].join(' ');
      tally.compare({ case: row.name, probe: 'cluster local all hasAny' }, expected, answer(row));
    }
    return tally.result();
  },
};
