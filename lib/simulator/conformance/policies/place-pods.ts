import { networkOf, parseCidr } from '../../base/cidr.ts';
import { formatIp, parseIp } from '../../base/ip.ts';
import type { NodeOptions } from '../../cluster-options.ts';
import type { PlannedCluster } from './planned-cluster.ts';

/** A node's part of the pod range. */
const NODE_PREFIX = 24;
/** Pods whose addresses would need more nodes than this are too far apart. */
const MOST_NODES = 64;
const DEFAULT_RANGE = '10.244.0.0/16';
/** The nodes' segment (site.ts); hosts .11 and up are nobody else's, with .100 left to the workstation. */
const nodeAddress = (index: number) => `192.168.10.${index < 89 ? 11 + index : 12 + index}`;

export interface Placement {
  readonly podCidr: string;
  readonly nodes: readonly NodeOptions[];
  /** The node whose part of the pod range an address is in. */
  nodeOf(address: string): string | undefined;
}

const value = (address: string) => parseIp(address)?.value ?? 0n;
const blockOf = (address: string) => networkOf(`${address}/${NODE_PREFIX}`) ?? '';
const firstOf = (cidr: string) => value(cidr.split('/')[0] ?? '');

/** The smallest range that holds all of these parts. */
function commonRange(blocks: readonly string[]): string {
  const [first = DEFAULT_RANGE] = blocks;
  for (let prefix = NODE_PREFIX; prefix >= 8; prefix -= 1) {
    const range = networkOf(`${first.split('/')[0]}/${prefix}`) ?? '';
    const end = firstOf(range) + (1n << BigInt(32 - prefix));
    if (blocks.every((block) => firstOf(block) >= firstOf(range) && firstOf(block) < end)) {
      return range;
    }
  }
  return '0.0.0.0/0';
}

/**
 * Nodes for a table's pods: a node gets one /24 of the pod range after another, so the range is chosen such that each pod's
 * address lies in the part of some node. The table's own nodes come first. Undefined when the addresses are too far apart.
 */
export function placePods(plan: PlannedCluster): Placement | undefined {
  const addresses = plan.pods.flatMap(({ address, isOnHostNetwork }) =>
    address === undefined || isOnHostNetwork ? [] : [address],
  );
  if (addresses.some((address) => parseCidr(address)?.version !== 4)) return undefined;
  const blocks = [...new Set(addresses.map(blockOf))];
  const podCidr = blocks.length === 0 ? DEFAULT_RANGE : commonRange(blocks);
  const indexOf = (address: string) =>
    Number((firstOf(blockOf(address)) - firstOf(podCidr)) >> BigInt(32 - NODE_PREFIX));
  const count = Math.max(2, plan.nodes.length, ...addresses.map((each) => indexOf(each) + 1));
  if (count > MOST_NODES) return undefined;
  const nodes = Array.from({ length: count }, (_, index): NodeOptions => {
    const { name, labels } = plan.nodes[index] ?? { name: `worker-${index}`, labels: {} };
    return { name, address: nodeAddress(index), labels };
  });
  return { podCidr, nodes, nodeOf: (address) => nodes[indexOf(address)]?.name };
}

/** The address before this one. */
export function addressBefore(address: string): string {
  const parsed = parseIp(address);
  return parsed ? formatIp({ ...parsed, value: parsed.value - 1n }) : address;
}
