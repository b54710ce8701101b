import { nextMac } from '../base/mac.ts';
import { invariant } from '../base/invariant.ts';
import { formatSocketAddress, type SocketAddress } from '../base/flow.ts';
import type { IpVersion } from '../base/ip.ts';
import { VXLAN_HEADERS } from '../packet/packet.ts';
import { takeSocket } from './socket-index.ts';
import { ANY_ADDRESS, ANY_ADDRESS6, createSocket } from './sockets.ts';
import type { NetworkEnvironment } from './environment.ts';
import type { Network, NetworkNamespace } from './network.ts';
import type { VxlanLink } from './stack.ts';
import { DEFAULT_MAC } from './vxlan-fdb.ts';
import { noTraffic } from './traffic.ts';

/** IANA's port is 4789; Linux, when nothing is said, uses the one from before there was a standard. */
export const LINUX_VXLAN_PORT = 8472;
/** The Ethernet header inside. */
const ETHERNET_HEADER = 14;
/** No device is smaller (ETH_MIN_MTU). */
const LEAST_MTU = 68;
const ETHERNET_MTU = 1500;
/** The kernel itself: no process. */
export const KERNEL_PID = 0;

/** What `ip link add NAME type vxlan` is told. */
export interface VxlanDraft {
  readonly namespace: string;
  readonly name: string;
  readonly vni: number;
  readonly local?: string;
  /** `dev eth0`: outer packets leave by it, and the MTU is what fits through it. */
  readonly underlay?: string;
  readonly port?: number;
  readonly learning?: 'on' | 'off';
  /** The remote end for every MAC without an entry (`remote`). */
  readonly remote?: string;
  readonly mac?: string;
  readonly mtu?: number;
}

const isVxlan = (link: { kind: string }): link is VxlanLink => link.kind === 'vxlan';

/** The family of the network between a tunnel's ends. */
export const outerVersion = (link: VxlanLink): IpVersion => link.outerVersion ?? 4;

/** The device of a VNI whose tunnel ends at this UDP port of a family; undefined when none is up. */
export function findVxlanLink(
  namespace: NetworkNamespace,
  end: { readonly vni: number; readonly port: number; readonly version: IpVersion },
): VxlanLink | undefined {
  return Object.values(namespace.links)
    .filter(isVxlan)
    .find(
      (link) =>
        link.isUp &&
        link.vni === end.vni &&
        link.port === end.port &&
        outerVersion(link) === end.version,
    );
}

const socketKey = ({ address, port }: SocketAddress) => formatSocketAddress({ address, port });

/**
 * A VXLAN device that is up holds a UDP socket of the kernel on its port, shared with others of that port and family
 * (vxlan_sock_add); one that goes lets it go. That of IPv6 is there for IPv6 alone (vxlan_create_sock).
 */
export function holdVxlanSockets(network: Network, namespace: NetworkNamespace): void {
  const wanted = new Map<string, SocketAddress>();
  for (const link of Object.values(namespace.links).filter(isVxlan)) {
    const address = outerVersion(link) === 6 ? ANY_ADDRESS6 : ANY_ADDRESS;
    const local = { address, port: link.port };
    if (link.isUp) wanted.set(socketKey(local), local);
  }
  for (const socket of Object.values(namespace.sockets)) {
    if (socket.pid !== KERNEL_PID || socket.protocol !== 'udp') continue;
    if (!wanted.delete(socketKey(socket.local))) takeSocket(namespace, socket.id);
  }
  for (const local of wanted.values()) {
    const ownFamily = local.address === ANY_ADDRESS6 ? { isIpv6Only: true as const } : {};
    createSocket(network, namespace, { protocol: 'udp', pid: KERNEL_PID, local, ...ownFamily });
  }
}

/** vxlan_config_apply: what fits through the device below, at most; without one, what was asked for. */
function mtuOf(asked: number | undefined, below: number | undefined, version: IpVersion): number {
  if (below === undefined) return asked ?? ETHERNET_MTU;
  const most = Math.max(below - VXLAN_HEADERS[version] - ETHERNET_HEADER, LEAST_MTU);
  return Math.min(asked ?? most, most);
}

/** `ip link add NAME type vxlan id VNI ...`, up. */
export function addVxlan(
  network: Network,
  environment: NetworkEnvironment,
  draft: VxlanDraft,
): VxlanLink {
  const { name, vni, local, underlay, port = LINUX_VXLAN_PORT, learning = 'on' } = draft;
  const namespace = network.namespaces[draft.namespace];
  invariant(namespace, `no namespace ${draft.namespace}`);
  const below = namespace.links[underlay ?? '']?.mtu;
  const version = [local, draft.remote].some((end) => end?.includes(':')) ? 6 : 4;
  const link: VxlanLink = {
    kind: 'vxlan',
    name,
    index: namespace.nextLinkIndex++,
    mac: draft.mac ?? nextMac(environment.random),
    mtu: mtuOf(draft.mtu, below, version),
    isUp: true,
    addresses: [],
    traffic: noTraffic(),
    vni,
    ...(local === undefined ? {} : { local }),
    ...(underlay === undefined ? {} : { underlay }),
    ...(version === 6 ? { outerVersion: version } : {}),
    port,
    learning,
    fdb: [],
  };
  if (draft.remote !== undefined) {
    const at = environment.queue.now;
    link.fdb.push({
      mac: DEFAULT_MAC,
      remote: draft.remote,
      ...(underlay === undefined ? {} : { via: underlay }),
      state: 'permanent',
      at,
    });
  }
  namespace.links[name] = link;
  holdVxlanSockets(network, namespace);
  return link;
}
