import { runHook } from './netfilter/hooks.ts';
import { refusePacket, sendIcmpError } from './icmp-error.ts';
import type { Link, Route } from './network.ts';
import { joinPieces, joinsAtOnce, piecesFor } from './fragments.ts';
import { learnedPathMtu } from './path-mtu.ts';
import { sendToNeighbour } from './neighbours.ts';
import { changedPacket, type IcmpType, type IpPacket } from '../packet/packet.ts';
import type { RouteDecision } from './fib.ts';
import { redirectedGateway, sendRedirect } from './redirects.ts';
import { recordRoute, routeFor } from './record-route.ts';
import { destinationKind6, linkLocalDevice, problemOfSource6 } from './ipv6-input.ts';
import { findRoute, isLocalAddress, linkLocalRoute } from './routes.ts';
import { sysctlsOf } from './device-sysctls.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { hookContext, recordStep, type Sending, type Stack } from './stack.ts';
import { loopBack } from './transmit.ts';
import type { DropReason, NetfilterHook } from '../trace/step.ts';

/** What a stage knows of a packet's way through this namespace. */
interface Passage {
  readonly stack: Stack;
  readonly skb: SocketBuffer;
  route: Route | undefined;
  /** Netfilter refused a packet of this namespace's own. */
  isRefused: boolean;
  /** What routing said, from when it is known whether the packet is for this machine. */
  decision: RouteDecision | undefined;
}

const passageOf = (stack: Stack, skb: SocketBuffer): Passage => ({
  stack,
  skb,
  route: undefined,
  isRefused: false,
  decision: undefined,
});

/** One step of the kernel's path. `stop`: the packet has gone elsewhere, or ended. */
type Stage = (passage: Passage) => 'next' | 'stop';

const run = (stages: readonly Stage[], passage: Passage): void => {
  for (const stage of stages) if (stage(passage) === 'stop') return;
};

const hook =
  (name: NetfilterHook): Stage =>
  (passage) => {
    const { stack, skb } = passage;
    const verdict = runHook(name, skb, hookContext(stack));
    if (verdict.verdict === 'accept') return 'next';
    refusePacket(stack, skb, verdict);
    passage.isRefused = true;
    return 'stop';
  };

function drop({ stack, skb }: Passage, reason: DropReason): 'stop' {
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({ kind: 'dropped', reason }));
  return 'stop';
}

/** ip_rcv_finish: for us, or for somebody else. */
const decideInput: Stage = (passage) => {
  const { stack, skb } = passage;
  if (skb.packet.version === 6) {
    const kind = destinationKind6(stack, skb);
    if (kind === 'nobody') return drop(passage, 'not-for-us');
    if (kind === 'local') run(INPUT_STAGES, passage);
    return kind === 'local' ? 'stop' : 'next';
  }
  passage.decision = routeFor(stack, skb);
  if (passage.decision.type === 'local') {
    run(INPUT_STAGES, passage);
    return 'stop';
  }
  return 'next';
};

const deliver: Stage = ({ stack, skb }) => {
  stack.kernel.deliverLocally(stack, skb);
  return 'stop';
};

/**
 * IPv4 asks for the switch before there is a route (ip_route_input_slow), IPv6 behind (ip6_forward): so a machine that
 * forwards nothing answers `no route` to IPv6 packets for which it has none.
 */
const checkForwarding =
  (version: 4 | 6): Stage =>
  (passage) => {
    if (passage.skb.packet.version !== version) return 'next';
    const { sysctls } = passage.stack.namespace;
    const isOn = sysctls[version === 4 ? 'ipv4.ip_forward' : 'ipv6.conf.all.forwarding'] === '1';
    return isOn ? 'next' : drop(passage, 'not-forwarding');
  };

/** net.ipv4.conf.*.route_localnet: of all, or of the device (IN_DEV_ROUTE_LOCALNET). */
const mayUseLoopback = ({ namespace: { sysctls } }: Stack, device: string) =>
  sysctls['ipv4.conf.all.route_localnet'] === '1' ||
  sysctls[sysctlsOf(device).routeLocalnet] === '1';

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

/**
 * ip_route_input_slow and fib_validate_source: what comes from a wire must not be from or to 127.0.0.0/8 (unless
 * route_localnet says otherwise), nor from an address of this machine itself; with rp_filter its answers must have a way.
 */
const checkSource: Stage = (passage) => {
  const { skb, stack } = passage;
  if (skb.inDevice === undefined || skb.inDevice === 'lo') return 'next';
  if (skb.packet.version === 6) {
    const problem = problemOfSource6(skb);
    return problem ? drop(passage, problem) : 'next';
  }
  const { source, destination } = skb.packet;
  const usesLoopback = isLoopback(source) || isLoopback(destination);
  if (
    usesLoopback ? !mayUseLoopback(stack, skb.inDevice) : isLocalAddress(stack.namespace, source)
  ) {
    return drop(passage, 'martian-source');
  }
  return passesReversePath(stack, skb.packet, skb.inDevice) ? 'next' : drop(passage, 'rp-filter');
};

/** net.ipv4.conf.*.rp_filter (RFC 3704): 1 asks for the same device, 2 for any route; the larger of all and device counts. */
function passesReversePath(
  { namespace }: Stack,
  { source, destination }: IpPacket,
  device: string,
): boolean {
  const { sysctls } = namespace;
  const ofDevice = Number(sysctls[sysctlsOf(device).rpFilter] ?? 0);
  const mode = Math.max(Number(sysctls['ipv4.conf.all.rp_filter'] ?? 0), ofDevice);
  if (mode === 0) return true;
  const back = findRoute(namespace, source, { source: destination });
  return back !== undefined && (mode === 2 || back.device === device);
}

function takeRoute(passage: Passage, route: Route): 'next' {
  passage.route = route;
  passage.skb.outDevice = route.device;
  return 'next';
}

/** ip_error: what is dropped for want of a route, and what its sender is told. A black hole says nothing. */
const REFUSALS: Readonly<
  Record<
    Exclude<RouteDecision['type'], 'unicast' | 'local'>,
    { readonly reason: DropReason; readonly icmp?: IcmpType }
  >
> = {
  none: { reason: 'no-route', icmp: 'net-unreachable' },
  unreachable: { reason: 'unreachable-route', icmp: 'host-unreachable' },
  prohibit: { reason: 'prohibited-route', icmp: 'admin-prohibited' },
  blackhole: { reason: 'blackhole-route' },
};

const chooseRoute: Stage = (passage) => {
  const { stack, skb } = passage;
  const linkLocal = linkLocalDevice(skb);
  if (linkLocal !== undefined) return takeRoute(passage, linkLocalRoute(linkLocal));
  const decision = passage.decision ?? routeFor(stack, skb);
  recordRoute(stack, skb, decision);
  // An own address is not forwarded to: `decideInput` and `chooseOutput` see it first.
  if (decision.type === 'local') return 'stop';
  if (decision.type === 'unicast') return takeRoute(passage, decision.route);
  const { reason, icmp } = REFUSALS[decision.type];
  drop(passage, reason);
  // A packet of this machine's own is not told by ICMP: the system call failed, or the segment is sent again.
  if (skb.inDevice !== undefined && icmp) sendIcmpError(stack, skb, icmp);
  return 'stop';
};

/** ip_forward: the hop limit is counted before FORWARD is read. */
const countHop: Stage = (passage) => {
  const { stack, skb } = passage;
  if (skb.packet.ttl <= 1) {
    drop(passage, 'ttl-exceeded');
    sendIcmpError(stack, skb, 'ttl-exceeded');
    return 'stop';
  }
  skb.packet = changedPacket(skb.packet, { ttl: skb.packet.ttl - 1 });
  const { ttl } = skb.packet;
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({ kind: 'forwarded', ttl }));
  return 'next';
};

/** The longest packet for a way out. Of its own packets a machine also knows what routers said about the way. */
function mtuFor({ stack, skb }: Passage, link: Link): number {
  const { namespace, environment } = stack;
  const learned =
    skb.inDevice === undefined
      ? learnedPathMtu(namespace, skb.packet.destination, environment.queue.now)
      : undefined;
  return Math.min(link.mtu, learned ?? link.mtu);
}

/** ip_forward and ip_finish_output: a packet that may not be cut must fit. In IPv6 nobody cuts but the source. */
const checkMtu: Stage = (passage) => {
  const { stack, skb, route } = passage;
  const { packet, inDevice } = skb;
  const link = stack.namespace.links[route?.device ?? ''];
  const mayBeCut = !packet.dontFragment && (packet.version === 4 || inDevice === undefined);
  if (!link || mayBeCut) return 'next';
  const mtu = mtuFor(passage, link);
  if (packet.length <= mtu) return 'next';
  // ip6_pkt_too_big: what connection tracking has put together goes on in pieces like those that came.
  const came = packet.version === 6 ? skb.longestPiece : undefined;
  if (came !== undefined && came <= mtu) return 'next';
  drop(passage, 'packet-too-big');
  sendIcmpError(stack, skb, 'fragmentation-needed', { mtu });
  return 'stop';
};

/** ip_forward: a packet that leaves where it came in has taken a detour, and its sender hears of it. */
const tellBetterWay: Stage = ({ stack, skb, route }) => {
  if (route && route.device === skb.inDevice) sendRedirect(stack, skb, route);
  return 'next';
};

/** ip_finish_output: what is too long goes in pieces. */
const transmit: Stage = (passage) => {
  const { stack, skb, route } = passage;
  const link: Link | undefined = stack.namespace.links[route?.device ?? ''];
  if (!link || !route) return 'stop';
  const { destination } = skb.packet;
  const nextHop =
    redirectedGateway(stack.namespace, route, destination, stack.environment.queue.now) ??
    route.via ??
    destination;
  for (const packet of piecesFor(stack, skb, link.name, mtuFor(passage, link))) {
    sendToNeighbour(stack, link, nextHop, packet === skb.packet ? skb : { ...skb, packet });
  }
  return 'stop';
};

/** nf_defrag_ipv4, before anything else at PREROUTING: connection tracking sees whole packets. */
const joinForTracking: Stage = ({ stack, skb }) =>
  skb.packet.fragment &&
  joinsAtOnce(stack.namespace, skb.packet) &&
  joinPieces(stack, skb) === 'waiting'
    ? 'stop'
    : 'next';

/** ip_local_deliver: what is for this machine is put together first. */
const joinForDelivery: Stage = ({ stack, skb }) =>
  joinPieces(stack, skb) === 'waiting' ? 'stop' : 'next';

/** dst_output for one's own address goes through lo. */
const returnToSelf: Stage = ({ stack, skb }) => {
  loopBack(stack, skb);
  return 'stop';
};

const INPUT_STAGES: readonly Stage[] = [joinForDelivery, hook('INPUT'), deliver];

/**
 * The kernel's order after PREROUTING for a packet that came in (net/ipv4/ip_input.c, ip_forward.c, ip_output.c).
 */
const ROUTED_STAGES: readonly Stage[] = [
  checkSource,
  decideInput,
  checkForwarding(4),
  chooseRoute,
  checkForwarding(6),
  countHop,
  checkMtu,
  tellBetterWay,
  hook('FORWARD'),
  hook('POSTROUTING'),
  transmit,
];

const ARRIVAL_STAGES: readonly Stage[] = [joinForTracking, hook('PREROUTING'), ...ROUTED_STAGES];

const runOutputHook = hook('OUTPUT');

/** OUTPUT may change addresses or the mark: then the way out is looked up again (ip_route_me_harder). */
const outputHook: Stage = (passage) => {
  const { packet, mark } = passage.skb;
  if (runOutputHook(passage) === 'stop') return 'stop';
  const { skb } = passage;
  const isSame =
    skb.packet.destination === packet.destination &&
    skb.packet.source === packet.source &&
    skb.mark === mark;
  if (!isSame) passage.route = undefined;
  return 'next';
};

const chooseOutput: Stage = (passage) => {
  const { stack, skb } = passage;
  if (passage.route) return 'next';
  passage.decision = routeFor(stack, skb);
  if (passage.decision.type === 'local') {
    skb.outDevice = 'lo';
    return 'next';
  }
  if (chooseRoute(passage) === 'stop') return 'stop';
  // __mkroute_output: 127.0.0.0/8 may leave by a wire only with route_localnet.
  return isLoopback(skb.packet.source) && !mayUseLoopback(stack, skb.outDevice ?? '')
    ? drop(passage, 'martian-source')
    : 'next';
};

const leaveOrReturn: Stage = (passage) => {
  if (passage.skb.outDevice === 'lo') return returnToSelf(passage);
  return checkMtu(passage) === 'stop' ? 'stop' : transmit(passage);
};

const OUTPUT_STAGES: readonly Stage[] = [
  chooseOutput,
  outputHook,
  chooseOutput,
  hook('POSTROUTING'),
  leaveOrReturn,
];

/** A packet has come in on `skb.inDevice`. */
export function receivePacket(stack: Stack, skb: SocketBuffer): void {
  run(ARRIVAL_STAGES, passageOf(stack, skb));
}

/** A packet that has been through PREROUTING already (br_netfilter gave it a new destination). */
export function routePacket(stack: Stack, skb: SocketBuffer): void {
  run(ROUTED_STAGES, passageOf(stack, skb));
}

/** A packet of this namespace's own. */
export function sendFromHere(stack: Stack, skb: SocketBuffer): Sending {
  const passage = passageOf(stack, skb);
  run(OUTPUT_STAGES, passage);
  return passage.isRefused ? 'EPERM' : 'sent';
}
