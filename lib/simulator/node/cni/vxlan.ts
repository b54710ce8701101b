import type { Node } from '../../api/core/node.ts';
import type { StoreChange } from '../../apiserver/store.ts';
import { parseCidr } from '../../base/cidr.ts';
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
/** `flannel.` and the VNI. */
const DEVICE = 'flannel.1';
const VNI = 1;

type Tunnel = Extract<Link, { kind: 'vxlan' }>;

const reasonOf = (name: string, detail: string): ObjectRef => ({ kind: 'Node', name, detail });

/** The first address of a node's range: what its end of the tunnel is called inside. */
const vtepAddress = (subnet: string) => subnet.split('/')[0] ?? '';

/** flannel.1: learns nothing, knows the other ends from the Nodes. Its address is that of the range itself, as a /32. */
function ensureTunnel(
  node: Node,
  subnet: string,
  { network, environment, random }: AgentContext,
): Tunnel | undefined {
  const { name } = node.metadata;
  const known = network.namespaces[name]?.links[DEVICE];
  if (known) return known.kind === 'vxlan' ? known : undefined;
  const local = publicAddress(node);
  if (local === undefined) return undefined;
  const link = addVxlan(network, environment, {
    namespace: name,
    name: DEVICE,
    vni: VNI,
    local,
    underlay: UPLINK,
    // A flanneld that starts again takes the MAC that the Node tells the others.
    mac: leaseOf(node)?.vtepMac ?? nextMac(random),
    learning: 'off',
  });
  addAddress(network, name, DEVICE, `${vtepAddress(subnet)}/32`);
  return link;
}

/** Tells the other nodes of this end, in annotations of its Node. */
function publish(node: Node, { mac }: Tunnel, { store }: AgentContext): void {
  const address = publicAddress(node);
  if (address === undefined) return;
  const wanted = flannelAnnotations(address, mac);
  const { annotations = {} } = node.metadata;
  if (Object.entries(wanted).every(([key, value]) => annotations[key] === value)) return;
  store.update<Node>({
    ...node,
    metadata: { ...node.metadata, annotations: { ...annotations, ...wanted } },
  });
}

const routeTo = ({ node, subnet }: FlannelLease): Route => ({
  destination: subnet,
  via: vtepAddress(subnet),
  device: DEVICE,
  onlink: true,
  because: reasonOf(node, '.spec.podCIDR'),
});

const isTunnelRoute = ({ device, because }: Route) => device === DEVICE && because?.kind === 'Node';

function forgetStale(namespace: NetworkNamespace, tunnel: Tunnel, leases: readonly FlannelLease[]) {
  const macs = new Set(leases.map(({ vtepMac }) => vtepMac));
  const subnets = new Map(leases.map((lease) => [lease.subnet, lease]));
  const vteps = new Set(leases.map(({ subnet }) => vtepAddress(subnet)));
  for (const route of namespace.routes.filter(isTunnelRoute)) {
    const lease = subnets.get(route.destination);
    if (!lease || !isSameJson(routeTo(lease), route)) deleteRoute(namespace, route);
  }
  for (const { mac } of [...tunnel.fdb]) if (!macs.has(mac)) deleteFdbEntry(tunnel, { mac });
  for (const { address, device, state } of [...namespace.neighbours]) {
    const isOurs = device === DEVICE && state === 'PERMANENT';
    if (isOurs && !vteps.has(address)) deleteNeighbour(namespace, { address, device });
  }
}

/**
 * For each other node a neighbour (its end's address and MAC), an FDB entry (that MAC, its machine), and a route. What is
 * there is looked up, not searched for: a large cluster has thousands.
 */
function writePeers(
  namespace: NetworkNamespace,
  tunnel: Tunnel,
  leases: readonly FlannelLease[],
  now: number,
): void {
  forgetStale(namespace, tunnel, leases);
  const remotes = new Map(tunnel.fdb.map(({ mac, remote }) => [mac, remote]));
  const neighbours = new Map(
    namespace.neighbours
      .filter(({ device, state }) => device === DEVICE && state === 'PERMANENT')
      .map(({ address, mac }) => [address, mac]),
  );
  const routes = new Set(
    namespace.routes.filter(isTunnelRoute).map(({ destination }) => destination),
  );
  for (const lease of leases) {
    const { vtepMac: mac, publicIp: remote, subnet } = lease;
    const address = vtepAddress(subnet);
    if (remotes.get(mac) !== remote) replaceFdbEntry(tunnel, { mac, remote }, now);
    if (neighbours.get(address) !== mac) {
      setPermanentNeighbour(namespace, { address, device: DEVICE, mac }, now);
    }
    if (!routes.has(subnet)) addRoute(namespace, routeTo(lease));
  }
}

function reconcile(_key: string, context: AgentContext): void {
  const { node: name, network, store, options, now } = context;
  const namespace = network.namespaces[name];
  const node = store.get<Node>('Node', undefined, name);
  const subnet = node && podSubnet(node);
  if (!namespace?.links[UPLINK] || !node || subnet === undefined) return;
  const tunnel = ensureTunnel(node, subnet, context);
  if (!tunnel) return;
  publish(node, tunnel, context);
  const podRange = options.podCidr.split(',').find((cidr) => parseCidr(cidr)?.version === 4);
  if (podRange !== undefined) {
    ensureFlannelForwarding(namespace.ruleset, podRange, { kind: 'Node', name });
  }
  const leases = store
    .list<Node>('Node')
    .filter(({ metadata }) => metadata.name !== name)
    .flatMap((other) => leaseOf(other) ?? []);
  writePeers(namespace, tunnel, leases, now);
}

/** A Node that came or went, or whose end of the tunnel changed; its status says nothing here. */
function isNews({ type, object, previous }: StoreChange): boolean {
  if (object.kind !== 'Node') return false;
  if (type !== 'MODIFIED' || !previous) return true;
  const [now, before] = [object as Node, previous as Node];
  const isSame =
    isSameJson(leaseOf(now) ?? null, leaseOf(before) ?? null) &&
    podSubnet(now) === podSubnet(before) &&
    publicAddress(now) === publicAddress(before);
  return !isSame;
}

/**
 * Joins the nodes' pod ranges by a tunnel, as flanneld with its VXLAN backend does: a device flannel.1 on each node, and
 * on every other node three entries that lead to it. Source: flannel pkg/backend/vxlan/{device,vxlan_network}.go.
 *
 * Simplified: IPv4 ranges alone; flanneld's own process, its ConfigMap and /run/flannel/subnet.env are not there.
 */
export const vxlanCni: NodeAgent = {
  name: 'vxlan-cni',
  keysOf: (change) => (isNews(change) ? ['peers'] : []),
  reconcile,
};
