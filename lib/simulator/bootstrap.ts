import type { Micros } from './base/clock.ts';
import { cidrsOf } from './base/cidr.ts';
import { invariant } from './base/invariant.ts';
import { addToIp } from './base/ip.ts';
import type { Service } from './api/core/service.ts';
import type { EndpointSlice } from './api/discovery/endpoint-slice.ts';
import type { ApiResult, KubeObject } from './api/meta/object.ts';
import { bootstrapPolicy } from './apiserver/bootstrap-policy.ts';
import { Cluster, createClusterState } from './cluster.ts';
import { defaultServiceCidr } from './controllers/service-cidr.ts';
import { hasNodeCache, type ClusterOptions } from './cluster-options.ts';
import { firstAddressOn } from './linux/addresses.ts';
import {
  buildOutside,
  PUBLIC_DNS_ADDRESS,
  PUBLIC_POOL,
  SITE_HOSTS_FILE,
} from './outside/build-outside.ts';
import { startProcess } from './linux/process.ts';
import { addRoute } from './linux/routes.ts';
import { LOAD_BALANCER } from './node/load-balancer/cloud.ts';
import { buildNode, buildUnderlay, connectMachine } from './node/build-node.ts';
import { corednsAddon } from './workloads/coredns/addon.ts';
import { nodeCacheAddon } from './node/dns-cache/node-cache-addon.ts';
import {
  CLOUD_LOAD_BALANCER_ADDRESS,
  CONTROL_PLANE,
  CONTROL_PLANE_ADDRESS,
  ROUTER,
  ROUTER_ADDRESS,
  SITE_CIDR,
  WORKSTATION,
  WORKSTATION_ADDRESS,
} from './site.ts';

export { WORKSTATION } from './site.ts';

const CLOUD_LOAD_BALANCER = { name: LOAD_BALANCER, address: CLOUD_LOAD_BALANCER_ADDRESS };

const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

const API_SERVER_PORT = 6443;

/**
 * The IPv6 address of a machine on the nodes' segment: the prefix of the first node's, with another end. Undefined in a cluster
 * without IPv6.
 */
function addressOnSegment6({ nodes }: ClusterOptions, end: string): string | undefined {
  const all = nodes.flatMap(({ address, address6 }) => [address, ...(address6 ? [address6] : [])]);
  return all.find((address) => address.includes(':'))?.replace(/[\da-f]*$/, end);
}

/** The address of the API server in the family of the Service range that comes first. */
function controlPlaneAddress(options: ClusterOptions): string {
  const isVersion6 = cidrsOf(options.serviceCidr)[0]?.includes(':') === true;
  const address6 = isVersion6 ? addressOnSegment6(options, '10') : undefined;
  return address6 ?? CONTROL_PLANE_ADDRESS;
}

/** The `kubernetes` Service and its slice, as the API server's own controller keeps them. */
function kubernetesService(options: ClusterOptions): KubeObject[] {
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const clusterIP = addToIp(cidrsOf(options.serviceCidr)[0]?.split('/')[0] ?? '', 1) ?? '';
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      clusterIP,
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: API_SERVER_PORT }],
    },
  };
  const address = controlPlaneAddress(options);
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: address.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: 'https', port: API_SERVER_PORT, protocol: 'TCP' }],
  };
  return [service, slice];
}

function mustCreate(result: ApiResult<KubeObject>): void {
  invariant(result.ok, result.ok ? '' : `bootstrap: ${result.status.message ?? ''}`);
}

/** The site's resolver runs on the router: it knows the public names and the private ones. */
function startResolver(cluster: Cluster): void {
  startProcess(cluster.network, cluster.environment, {
    program: 'dnsmasq',
    args: [],
    namespace: ROUTER,
    hostname: ROUTER,
    files: { '/etc/hosts': SITE_HOSTS_FILE },
    environment: {},
  });
}

function addDefaultRoutes(cluster: Cluster, machine: string): void {
  const namespace = cluster.network.namespaces[machine];
  invariant(namespace, `no machine ${machine}`);
  const router6 = addressOnSegment6(cluster.options, '1');
  const speaks = (version: 4 | 6) => firstAddressOn(namespace.links['eth0'], version) !== undefined;
  const defaults = [
    ...(speaks(4) ? [{ destination: '0.0.0.0/0', via: ROUTER_ADDRESS }] : []),
    ...(router6 !== undefined && speaks(6) ? [{ destination: '::/0', via: router6 }] : []),
  ];
  for (const route of defaults) {
    const problem = addRoute(namespace, { ...route, device: 'eth0', protocol: 'static' });
    invariant(problem === undefined, `bootstrap: ${problem ?? ''}`);
  }
}

/** A node asks the public DNS, and so does CoreDNS, which takes over the node's resolver. */
function usePublicDns({ network }: Cluster, machine: string): void {
  const files = network.machines[machine]?.files;
  if (files) files['/etc/resolv.conf'] = `nameserver ${PUBLIC_DNS_ADDRESS}\n`;
}

/** The provider's balancer stands beside the nodes; the router sends the public addresses of the site there. */
function addCloudLoadBalancer({ network, environment }: Cluster): void {
  const { address } = CLOUD_LOAD_BALANCER;
  connectMachine(network, environment, CLOUD_LOAD_BALANCER.name, `${address}/24`);
  const namespace = network.namespaces[CLOUD_LOAD_BALANCER.name];
  const router = network.namespaces[ROUTER];
  if (!namespace || !router) return;
  namespace.sysctls['ipv4.ip_forward'] = '1';
  addRoute(router, {
    destination: PUBLIC_POOL,
    via: address,
    device: 'eth0',
    protocol: 'static',
  });
}

/** What an installer leaves behind: machines, nodes, system namespaces, DNS. Settled, but a few seconds old. */
export function startCluster(options: ClusterOptions, seed: string, now: Micros): Cluster {
  const cluster = new Cluster(createClusterState(options, seed, now));
  buildUnderlay(cluster.network, cluster.environment);
  const machines = [
    { name: ROUTER, cidr: `${ROUTER_ADDRESS}/24`, address6: addressOnSegment6(options, '1') },
    {
      name: WORKSTATION,
      cidr: `${WORKSTATION_ADDRESS}/24`,
      address6: addressOnSegment6(options, '100'),
    },
    {
      name: CONTROL_PLANE,
      cidr: `${CONTROL_PLANE_ADDRESS}/24`,
      address6: addressOnSegment6(options, '10'),
    },
  ];
  for (const { name, cidr, address6 } of machines) {
    connectMachine(cluster.network, cluster.environment, name, cidr, address6);
  }
  startResolver(cluster);
  const hasInternet = options.outside !== 'none';
  if (hasInternet) buildOutside(cluster.network, cluster.environment, ROUTER, SITE_CIDR);
  addDefaultRoutes(cluster, WORKSTATION);
  addDefaultRoutes(cluster, CONTROL_PLANE);
  if (options.loadBalancer === 'cloud' || options.loadBalancer === 'cloud-vip') {
    addCloudLoadBalancer(cluster);
    addDefaultRoutes(cluster, CLOUD_LOAD_BALANCER.name);
  }
  for (const name of SYSTEM_NAMESPACES) {
    mustCreate(cluster.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  }
  for (const node of options.nodes) {
    mustCreate(
      cluster.store.create(buildNode(cluster.network, cluster.environment, node, options)),
    );
    addDefaultRoutes(cluster, node.name);
    if (hasInternet && !node.address.includes(':')) usePublicDns(cluster, node.name);
  }
  const cacheAddon = hasNodeCache(options) ? nodeCacheAddon(options) : [];
  const objects = [...kubernetesService(options), ...corednsAddon(options), ...cacheAddon];
  for (const object of [...bootstrapPolicy(), defaultServiceCidr(options), ...objects]) {
    mustCreate(cluster.store.create(object));
  }
  cluster.settle();
  return cluster;
}
