import { nodeAddresses, podCidrsOf, type Node } from '../../api/core/node.ts';
import { networkOf, parseCidr } from '../../base/cidr.ts';
import { ipVersion, type IpVersion } from '../../base/ip.ts';

/** Names of the annotations by which flannel daemons tell one another of themselves. */
const PREFIX = 'flannel.alpha.coreos.com/';
const VNI = 1;
/** Of each family: what the tunnel's end is like, and the address of its machine. */
const NAMES: Readonly<Record<IpVersion, { readonly data: string; readonly address: string }>> = {
  4: { data: `${PREFIX}backend-data`, address: `${PREFIX}public-ip` },
  6: { data: `${PREFIX}backend-v6-data`, address: `${PREFIX}public-ipv6` },
};

/** One end of a tunnel: its machine's address, and the MAC inside. */
export interface TunnelEnd {
  readonly publicIp: string;
  readonly vtepMac: string;
}

/** What one node tells the others about its end of the tunnel of one family. */
export interface FlannelLease extends TunnelEnd {
  readonly node: string;
  /** Its part of the pod range: `10.244.1.0/24`. */
  readonly subnet: string;
}

/** The node's own range of pods of a family, canonical; undefined until it has one. */
export function podSubnet(node: Node, version: IpVersion): string | undefined {
  const range = podCidrsOf(node).find((cidr) => parseCidr(cidr)?.version === version);
  return range === undefined ? undefined : networkOf(range);
}

/**
 * The annotations that flanneld puts on its Node, for the families that it has a tunnel of. Source: flannel
 * pkg/subnet/kube/{kube,annotations}.go, `AcquireLease`, and pkg/backend/vxlan/vxlan.go, `newSubnetAttrs`.
 */
export function flannelAnnotations(
  ends: readonly (TunnelEnd & { readonly version: IpVersion })[],
): Readonly<Record<string, string>> {
  const annotations: Record<string, string> = {
    [`${PREFIX}backend-type`]: 'vxlan',
    [`${PREFIX}kube-subnet-manager`]: 'true',
  };
  for (const { version, publicIp, vtepMac } of ends) {
    annotations[NAMES[version].data] = JSON.stringify({ VNI, VtepMAC: vtepMac });
    annotations[NAMES[version].address] = publicIp;
  }
  return annotations;
}

function vtepMacOf(text: string | undefined): string | undefined {
  const mac = /"VtepMAC":"([0-9a-f:]{17})"/.exec(text ?? '')?.[1];
  return mac;
}

/**
 * What a Node's annotations say of its end of the tunnel of a family; undefined while flanneld there has not said it, or it
 * makes no sense.
 */
export function leaseOf(node: Node, version: IpVersion): FlannelLease | undefined {
  const { name, annotations = {} } = node.metadata;
  const subnet = podSubnet(node, version);
  const publicIp = annotations[NAMES[version].address];
  const vtepMac = vtepMacOf(annotations[NAMES[version].data]);
  if (annotations[`${PREFIX}backend-type`] !== 'vxlan') return undefined;
  if (subnet === undefined || publicIp === undefined || vtepMac === undefined) return undefined;
  return { node: name, subnet, publicIp, vtepMac };
}

/** The address of a family that flanneld publishes: the node's internal one. */
export const publicAddress = (node: Node, version: IpVersion): string | undefined =>
  nodeAddresses(node, 'InternalIP').find((address) => ipVersion(address) === version);
