import type { Node } from '../api/core/node.ts';
import { cidrBounds, cidrContains, cidrsOf, parseCidr } from '../base/cidr.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import type { Controller } from './controller.ts';

/** Prefix length of one node's part: kube-controller-manager's `--node-cidr-mask-size-ipv4` and `-ipv6`. */
const NODE_PREFIX = { 4: 24, 6: 64 } as const;

const firstOf = (cidr: string) => cidrBounds(cidr)?.first ?? '';

/** Whether two prefixes have an address in common: one lies in the other then. */
const overlap = (one: string, other: string) =>
  cidrContains(one, firstOf(other)) || cidrContains(other, firstOf(one));

/**
 * The first part of `clusterCidr` that nobody in `taken` has and that lies in no range of `reserved`, which Services have
 * (filterOutServiceRange); undefined when all are given.
 * Source: pkg/controller/nodeipam/ipam/cidrset/cidr_set.go, range_allocator.go.
 */
export function nextNodeCidr(
  clusterCidr: string,
  taken: readonly string[],
  reserved: readonly string[] = [],
): string | undefined {
  const cluster = parseCidr(clusterCidr);
  const first = parseIp(cidrBounds(clusterCidr)?.first ?? '');
  if (!cluster || !first) return undefined;
  const prefix = Math.max(NODE_PREFIX[cluster.version], cluster.prefix);
  const count = 1n << BigInt(prefix - cluster.prefix);
  const size = 1n << BigInt((cluster.version === 4 ? 32 : 128) - prefix);
  const inTheWay = reserved.filter((cidr) => overlap(clusterCidr, cidr));
  for (let index = 0n; index < count; index++) {
    const address = formatIp({ version: cluster.version, value: first.value + index * size });
    const candidate = `${address}/${prefix}`;
    if (taken.includes(candidate) || inTheWay.some((cidr) => overlap(candidate, cidr))) continue;
    return candidate;
  }
  return undefined;
}

/** Gives every node a part of the cluster's pod range, in order of arrival (kube-controller-manager's node IPAM). */
export const nodeCidrController: Controller = {
  name: 'node-ipam-controller',
  keysOf: ({ type, object }) =>
    object.kind === 'Node' && type !== 'DELETED' && !(object as Node).spec.podCIDR
      ? [object.metadata.name]
      : [],
  reconcile(name, context) {
    const { store, options } = context;
    const node = store.get<Node>('Node', undefined, name);
    if (!node || node.spec.podCIDR) return;
    const taken = store
      .list<Node>('Node')
      .flatMap(({ spec: { podCIDR, podCIDRs } }) => podCIDRs ?? podCIDR ?? []);
    const services = cidrsOf(options.serviceCidr);
    const podCIDRs = cidrsOf(options.podCidr).map((range) => nextNodeCidr(range, taken, services));
    const [podCIDR] = podCIDRs;
    if (podCIDR === undefined || !podCIDRs.every((cidr) => cidr !== undefined)) {
      const message = `Node ${name} status is now: CIDRNotAvailable`;
      context.recordEvent(node, 'Normal', 'CIDRNotAvailable', message);
      return;
    }
    store.update<Node>({ ...node, spec: { ...node.spec, podCIDR, podCIDRs } });
  },
};
