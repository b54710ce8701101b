import { invariant } from '../../base/invariant.ts';
import type { Node } from '../../api/core/node.ts';
import { podCidrsOf } from '../../api/core/node.ts';
import type { Cluster } from '../../cluster.ts';
import { addAddress } from '../../linux/links.ts';
import { startProcess } from '../../linux/process.ts';
import { addRoute } from '../../linux/routes.ts';
import { ROUTER, WORKSTATION, WORKSTATION_ADDRESS } from '../../site.ts';
import { containersFor } from './listen-on.ts';
import type { PlannedPort } from './planned-cluster.ts';

const UPLINK = 'eth0';

function route(cluster: Cluster, machine: string, destination: string, via: string): void {
  const namespace = cluster.network.namespaces[machine];
  invariant(namespace, `conformance: no machine ${machine}`);
  const problem = addRoute(namespace, { destination, via, device: UPLINK, protocol: 'static' });
  invariant(problem === undefined || problem.includes('File exists'), `conformance: ${problem}`);
}

const segmentAddress = (cluster: Cluster, machine: string) =>
  cluster.options.nodes.find(({ name }) => name === machine)?.address ?? WORKSTATION_ADDRESS;

/**
 * `ip addr add` on a machine of the segment, and `ip route add` on all others: an address that a table names, which is none
 * of the segment's own.
 */
export function giveAddress(cluster: Cluster, machine: string, address: string): void {
  addAddress(cluster.network, machine, UPLINK, `${address}/32`);
  const others = [ROUTER, WORKSTATION, ...cluster.options.nodes.map(({ name }) => name)];
  for (const other of others) {
    if (other !== machine) {
      route(cluster, other, `${address}/32`, segmentAddress(cluster, machine));
    }
  }
}

/** The machine outside knows the way to the pods: through the node that has them. */
export function routeToPods(cluster: Cluster): void {
  for (const node of cluster.store.list<Node>('Node')) {
    for (const cidr of podCidrsOf(node)) {
      route(cluster, WORKSTATION, cidr, segmentAddress(cluster, node.metadata.name));
    }
  }
}

/** What the machine outside serves on its addresses, with the programs that pods run too. */
export function startOutsideServers(
  cluster: Cluster,
  ports: readonly PlannedPort[],
  addresses: readonly string[],
): void {
  if (ports.length === 0) return;
  for (const { args = [] } of containersFor(ports, addresses)) {
    startProcess(cluster.network, cluster.environment, {
      program: 'agnhost',
      args,
      namespace: WORKSTATION,
      hostname: WORKSTATION,
      files: {},
      environment: {},
    });
  }
}
