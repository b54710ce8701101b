import { nextMac } from '../base/mac.ts';
import { invariant } from '../base/invariant.ts';
import { putSocket, takeSocket } from './socket-index.ts';
import type { NetworkEnvironment } from './environment.ts';
import type { Network, NetworkNamespace } from './network.ts';
import type { VxlanLink } from './stack.ts';
import { DEFAULT_MAC } from './vxlan-fdb.ts';

/** IANA's port is 4789; Linux, when nothing is said, uses the one from before there was a standard. */
export const LINUX_VXLAN_PORT = 8472;
/** Bytes that VXLAN over IPv4 adds to what a device carries: outer IP, UDP, VXLAN, and the Ethernet header inside. */
const OVERHEAD = 50;
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

/** The device of a VNI whose tunnel ends at this UDP port; undefined when none is up. */
export function findVxlanLink(
  namespace: NetworkNamespace,
  vni: number,
  port: number,
): VxlanLink | undefined {
  return Object.values(namespace.links)
    .filter(isVxlan)
    .find((link) => link.isUp && link.vni === vni && link.port === port);
}

/**
 * A VXLAN device that is up holds a UDP socket of the kernel on its port, shared with others of that port
 * (vxlan_sock_add); one that goes lets it go.
 */
export function holdVxlanSockets(network: Network, namespace: NetworkNamespace): void {
  const wanted = new Set(
    Object.values(namespace.links)
      .filter(isVxlan)
      .filter(({ isUp }) => isUp)
      .map(({ port }) => port),
  );
  for (const socket of Object.values(namespace.sockets)) {
    if (socket.pid !== KERNEL_PID || socket.protocol !== 'udp') continue;
    if (!wanted.delete(socket.local.port)) takeSocket(namespace, socket.id);
  }
  for (const port of wanted) {
    const id = network.nextSocket++;
    putSocket(namespace, {
      id,
      protocol: 'udp',
      pid: KERNEL_PID,
      local: { address: '0.0.0.0', port },
      sendSequence: 0,
      receiveSequence: 0,
      unacknowledged: [],
      retransmit: { count: 0, token: 0 },
      sendQueue: [],
    });
  }
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
  const link: VxlanLink = {
    kind: 'vxlan',
    name,
    index: namespace.nextLinkIndex++,
    mac: draft.mac ?? nextMac(environment.random),
    mtu: draft.mtu ?? (below === undefined ? ETHERNET_MTU : below - OVERHEAD),
    isUp: true,
    addresses: [],
    vni,
    ...(local === undefined ? {} : { local }),
    ...(underlay === undefined ? {} : { underlay }),
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
