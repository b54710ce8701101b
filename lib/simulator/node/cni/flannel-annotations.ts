import { nodeAddress, type Node } from '../../api/core/node.ts';
import { networkOf, parseCidr } from '../../base/cidr.ts';

/** Names of the annotations by which flannel daemons tell one another of themselves. */
const PREFIX = 'flannel.alpha.coreos.com/';
const VNI = 1;

/** What one node tells the others about its end of the tunnel. */
export interface FlannelLease {
  readonly node: string;
  /** Its part of the pod range: `10.244.1.0/24`. */
  readonly subnet: string;
  readonly publicIp: string;
  readonly vtepMac: string;
}

/** The node's own IPv4 range of pods, canonical; undefined until it has one. */
export function podSubnet({ spec }: Node): string | undefined {
  const ranges = spec.podCIDRs ?? (spec.podCIDR === undefined ? [] : [spec.podCIDR]);
  const range = ranges.find((cidr) => parseCidr(cidr)?.version === 4);
  return range === undefined ? undefined : networkOf(range);
}

/**
 * The annotations that flanneld puts on its Node. Source: flannel pkg/subnet/kube/kube.go, `AcquireLease`, and
 * pkg/backend/vxlan/vxlan.go, `vxlanLeaseAttrs`.
 */
export const flannelAnnotations = (
  publicIp: string,
  vtepMac: string,
): Readonly<Record<string, string>> => ({
  [`${PREFIX}backend-data`]: JSON.stringify({ VNI, VtepMAC: vtepMac }),
  [`${PREFIX}backend-type`]: 'vxlan',
  [`${PREFIX}kube-subnet-manager`]: 'true',
  [`${PREFIX}public-ip`]: publicIp,
});

function vtepMacOf(text: string | undefined): string | undefined {
  const mac = /"VtepMAC":"([0-9a-f:]{17})"/.exec(text ?? '')?.[1];
  return mac;
}

/** What a Node's annotations say of its end of the tunnel; undefined while flanneld there has not said it, or it makes no sense. */
export function leaseOf(node: Node): FlannelLease | undefined {
  const { name, annotations = {} } = node.metadata;
  const subnet = podSubnet(node);
  const publicIp = annotations[`${PREFIX}public-ip`];
  const vtepMac = vtepMacOf(annotations[`${PREFIX}backend-data`]);
  if (annotations[`${PREFIX}backend-type`] !== 'vxlan') return undefined;
  if (subnet === undefined || publicIp === undefined || vtepMac === undefined) return undefined;
  return { node: name, subnet, publicIp, vtepMac };
}

/** The address that flanneld publishes: the node's internal one. */
export const publicAddress = (node: Node): string | undefined => nodeAddress(node, 'InternalIP');
