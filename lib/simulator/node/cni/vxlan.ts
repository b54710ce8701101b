import type { Node } from '../../api/core/node.ts';
import type { StoreChange } from '../../apiserver/store.ts';
import { cidrOfFamily } from '../../base/cidr.ts';
import type { IpVersion } from '../../base/ip.ts';
import { nextMac } from '../../base/mac.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import { isSameJson } from '../../base/same-json.ts';
import { addAddress } from '../../linux/links.ts';
import type { Link, NetworkNamespace, Route } from '../../linux/network.ts';
import { addRoute, deleteRoute } from '../../linux/routes.ts';
import { deleteNeighbour, setPermanentNeighbour } from '../../linux/static-neighbours.ts';
import { deleteFdbEntry, replaceFdbEntry } from '../../linux/vxlan-fdb.ts';
import { addVxlan } from '../../linux/vxlan-link.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';
import {
  flannelAnnotations,
  leaseOf,
  podSubnet,
  publicAddress,
  type FlannelLease,
} from './flannel-annotations.ts';
import { ensureFlannelForwarding } from './flannel-forward.ts';

const UPLINK = 'eth0';
const VNI = 1;
/** What flanneld gives the kernel for its devices: less than the uplink's by VXLAN over IPv4, in either family. */
const TUNNEL_OVERHEAD = 50;

/** A tunnel for the pods' packets of one family, through the nodes' network of the same family. */
interface TunnelKind {
  readonly version: IpVersion;
  /** With the VNI at its end, which both tunnels have, and the port. */
  readonly device: string;
  /** Of the address that a tunnel has: no route comes with it. */
  readonly hostPrefix: string;
}

const TUNNELS: readonly TunnelKind[] = [
  { version: 4, device: `flannel.${VNI}`, hostPrefix: '/32' },
  { version: 6, device: `flannel-v6.${VNI}`, hostPrefix: '/128' },
];

/** What the kernel gives an IPv6 route that names no metric. */
const METRIC6 = 1024;

type Tunnel = Extract<Link, { kind: 'vxlan' }>;

const reasonOf = (name: string, detail: string): ObjectRef => ({ kind: 'Node', name, detail });

/** The first address of a node's range: what its end of the tunnel is called inside. */
const vtepAddress = (subnet: string) => subnet.split('/')[0] ?? '';

/**
 * flannel.1 and flannel-v6.1: they learn nothing, they know the other ends from the Nodes. The address is that of the range
 * itself. Undefined where the node has no range or no address of the family.
 */
function ensureTunnel(
  { version, device, hostPrefix }: TunnelKind,
  node: Node,
  { network, environment, random }: AgentContext,
): Tunnel | undefined {
  const { name } = node.metadata;
  const known = network.namespaces[name]?.links[device];
  if (known) return known.kind === 'vxlan' ? known : undefined;
  const [subnet, local] = [podSubnet(node, version), publicAddress(node, version)];
  const uplink = network.namespaces[name]?.links[UPLINK];
  if (subnet === undefined || local === undefined || !uplink) return undefined;
  const link = addVxlan(network, environment, {
    namespace: name,
    name: device,
    vni: VNI,
    local,
    underlay: UPLINK,
    // A flanneld that starts again takes the MAC that the Node tells the others.
    mac: leaseOf(node, version)?.vtepMac ?? nextMac(random),
    // Of IPv6 the kernel takes off 20 bytes more: 1430, where pods have 1450.
    mtu: uplink.mtu - TUNNEL_OVERHEAD,
    learning: 'off',
  });
  addAddress(network, name, device, `${vtepAddress(subnet)}${hostPrefix}`);
  return link;
}

/** A tunnel that is there, and its kind. */
interface OwnTunnel {
  readonly kind: TunnelKind;
  readonly link: Tunnel;
}

/** Tells the other nodes of these ends, in annotations of its Node. */
function publish(node: Node, tunnels: readonly OwnTunnel[], { store }: AgentContext): void {
  const wanted = flannelAnnotations(
    tunnels.flatMap(({ kind: { version }, link }) => {
      const publicIp = publicAddress(node, version);
      return publicIp === undefined ? [] : [{ version, publicIp, vtepMac: link.mac }];
    }),
  );
  const { annotations = {} } = node.metadata;
  if (Object.entries(wanted).every(([key, value]) => annotations[key] === value)) return;
  store.update<Node>({
    ...node,
    metadata: { ...node.metadata, annotations: { ...annotations, ...wanted } },
  });
}

const routeTo = ({ node, subnet }: FlannelLease, { version, device }: TunnelKind): Route => ({
  destination: subnet,
  via: vtepAddress(subnet),
  device,
  onlink: true,
  ...(version === 6 ? { metric: METRIC6 } : {}),
  because: reasonOf(node, version === 6 ? '.spec.podCIDRs' : '.spec.podCIDR'),
});

const isTunnelRoute =
  (kind: TunnelKind) =>
  ({ device, because }: Route) =>
    device === kind.device && because?.kind === 'Node';

function forgetStale(
  namespace: NetworkNamespace,
  { kind, link: tunnel }: OwnTunnel,
  leases: readonly FlannelLease[],
) {
  const macs = new Set(leases.map(({ vtepMac }) => vtepMac));
  const subnets = new Map(leases.map((lease) => [lease.subnet, lease]));
  const vteps = new Set(leases.map(({ subnet }) => vtepAddress(subnet)));
  for (const route of namespace.routes.filter(isTunnelRoute(kind))) {
    const lease = subnets.get(route.destination);
    if (!lease || !isSameJson(routeTo(lease, kind), route)) deleteRoute(namespace, route);
  }
  for (const { mac } of [...tunnel.fdb]) if (!macs.has(mac)) deleteFdbEntry(tunnel, { mac });
  for (const { address, device, state } of [...namespace.neighbours]) {
    const isOurs = device === kind.device && state === 'PERMANENT';
    if (isOurs && !vteps.has(address)) deleteNeighbour(namespace, { address, device });
  }
}

/**
 * For each other node a neighbour (its end's address and MAC), an FDB entry (that MAC, its machine), and a route. What is
 * there is looked up, not searched for: a large cluster has thousands.
 */
function writePeers(
  namespace: NetworkNamespace,
  own: OwnTunnel,
  leases: readonly FlannelLease[],
  now: number,
): void {
  forgetStale(namespace, own, leases);
  const { kind, link: tunnel } = own;
  const remotes = new Map(tunnel.fdb.map(({ mac, remote }) => [mac, remote]));
  const neighbours = new Map(
    namespace.neighbours
      .filter(({ device, state }) => device === kind.device && state === 'PERMANENT')
      .map(({ address, mac }) => [address, mac]),
  );
  const routes = new Set(
    namespace.routes.filter(isTunnelRoute(kind)).map(({ destination }) => destination),
  );
  for (const lease of leases) {
    const { vtepMac: mac, publicIp: remote, subnet } = lease;
    const address = vtepAddress(subnet);
    if (remotes.get(mac) !== remote) replaceFdbEntry(tunnel, { mac, remote }, now);
    if (neighbours.get(address) !== mac) {
      setPermanentNeighbour(namespace, { address, device: kind.device, mac }, now);
    }
    if (!routes.has(subnet)) addRoute(namespace, routeTo(lease, kind));
  }
}

function reconcile(_key: string, context: AgentContext): void {
  const { node: name, network, store, options, now } = context;
  const namespace = network.namespaces[name];
  const node = store.get<Node>('Node', undefined, name);
  if (!namespace?.links[UPLINK] || !node) return;
  const tunnels = TUNNELS.flatMap((kind): OwnTunnel[] => {
    const link = ensureTunnel(kind, node, context);
    return link ? [{ kind, link }] : [];
  });
  if (tunnels.length === 0) return;
  publish(node, tunnels, context);
  const others = store.list<Node>('Node').filter(({ metadata }) => metadata.name !== name);
  for (const own of tunnels) {
    const { version } = own.kind;
    const podRange = cidrOfFamily(options.podCidr, version);
    const ruleset = version === 6 ? namespace.ruleset6 : namespace.ruleset;
    if (podRange !== undefined) ensureFlannelForwarding(ruleset, podRange, { kind: 'Node', name });
    const leases = others.flatMap((other) => leaseOf(other, version) ?? []);
    writePeers(namespace, own, leases, now);
  }
}

/** A Node that came or went, or whose end of the tunnel changed; its status says nothing here. */
function isNews({ type, object, previous }: StoreChange): boolean {
  if (object.kind !== 'Node') return false;
  if (type !== 'MODIFIED' || !previous) return true;
  const [now, before] = [object as Node, previous as Node];
  return TUNNELS.some(
    ({ version }) =>
      !isSameJson(leaseOf(now, version) ?? null, leaseOf(before, version) ?? null) ||
      podSubnet(now, version) !== podSubnet(before, version) ||
      publicAddress(now, version) !== publicAddress(before, version),
  );
}

/**
 * Joins the nodes' pod ranges by a tunnel, as flanneld with its VXLAN backend does: a device flannel.1 on each node (for
 * IPv6 ranges flannel-v6.1, whose outer packets are IPv6), and on every other node three entries that lead to it.
 * Source: flannel pkg/backend/vxlan/{vxlan,device,vxlan_network}.go.
 *
 * Simplified: flanneld's own process, its ConfigMap and /run/flannel/subnet.env are not there.
 */
export const vxlanCni: NodeAgent = {
  name: 'vxlan-cni',
  keysOf: (change) => (isNews(change) ? ['peers'] : []),
  reconcile,
};
