import type { Frame, IcmpMessage, IpPacket, VxlanPayload } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { Place, StepDraft } from '../trace/step.ts';
import { writeHeaders } from './headers-in-step.ts';
import type { NetworkEnvironment } from './environment.ts';
import type { Link, Network, NetworkNamespace } from './network.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import type { HookContext } from './netfilter/hooks.ts';
import { universalAddress } from './addresses.ts';
import { findRoute, isLocalAddress, sourceAddressFor } from './routes.ts';

/**
 * The layers call one another both ways: a bridge hands a packet up to be routed, routing hands one down to a bridge.
 * Each layer calls the others through this, and `kernel.ts` puts them together.
 */
export interface Kernel {
  receiveFrame(stack: Stack, link: Link, frame: Frame, tag: TraceTag | undefined): void;
  /** `port` undefined: the frame comes from the bridge's own device. */
  switchFrame(
    stack: Stack,
    bridge: Bridge,
    port: Link | undefined,
    frame: Frame,
    tag: TraceTag | undefined,
  ): void;
  receivePacket(stack: Stack, skb: SocketBuffer): void;
  /** For a packet that has been through PREROUTING already. */
  routePacket(stack: Stack, skb: SocketBuffer): void;
  /** A packet of this namespace's own. */
  sendFromHere(stack: Stack, skb: SocketBuffer): Sending;
  deliverLocally(stack: Stack, skb: SocketBuffer): void;
  /** A frame leaves by a VXLAN device. */
  encapsulate(outgoing: Outgoing): void;
  /** What came in by UDP at the port of a tunnel. */
  decapsulate(stack: Stack, skb: SocketBuffer, payload: VxlanPayload, port: number): void;
  /** A bridged packet that got a new receiver behind the same bridge, whose MAC is known by now. */
  continueBridged(
    stack: Stack,
    bridge: Bridge,
    from: { port: string; source: string },
    skb: SocketBuffer,
    mac: string,
  ): void;
  /** An ICMP error about a packet that this namespace sent. */
  reportIcmpError(
    stack: Stack,
    error: IcmpMessage,
    carrier: IpPacket,
    tag: TraceTag | undefined,
  ): void;
}

/** What the sender learns at once: netfilter's no at OUTPUT or POSTROUTING is EPERM; everything else is found out later. */
export type Sending = 'sent' | 'EPERM';

export type Bridge = Extract<Link, { kind: 'bridge' }>;
export type VxlanLink = Extract<Link, { kind: 'vxlan' }>;

/** A frame that a VXLAN device is to send, with what the kernel notes beside it. */
export interface Outgoing {
  readonly stack: Stack;
  readonly link: VxlanLink;
  readonly frame: Frame;
  /** An outer packet keeps the mark of what is inside (skb_scrub_packet within one namespace). */
  readonly mark: number;
  readonly tag: TraceTag | undefined;
}

/** One namespace's stack while something happens in it: state, surroundings, and where we are. */
export interface Stack {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly environment: NetworkEnvironment;
  readonly namespace: NetworkNamespace;
}

export function placeIn({ namespace }: Pick<Stack, 'namespace'>, device?: string): Place {
  const { machine, label: netns } = namespace;
  if (netns === undefined) return device === undefined ? { machine } : { machine, device };
  return device === undefined ? { machine, netns } : { machine, netns, device };
}

type DraftRest<S> = S extends unknown
  ? Omit<S, 'place' | 'flow' | 'inner' | 'flags' | 'chunk' | 'icmp' | 'fragment'>
  : never;

/** Records a step about `packet`, with its place, flow (of an outer packet also the inner one) and TCP flags. */
export function recordStep(
  stack: Stack,
  tag: TraceTag | undefined,
  packet: IpPacket,
  device: string | undefined,
  rest: () => DraftRest<StepDraft>,
): void {
  if (tag === undefined) return;
  stack.environment.recorder.record(tag, () => {
    const step: object & { place?: Place } = rest();
    step.place = placeIn(stack, device);
    return writeHeaders(step, packet) as StepDraft;
  });
}

const contexts = new WeakMap<Stack, HookContext>();

/** What netfilter's hooks need to know of this namespace; made once for a stack, which lives as long as its namespace. */
export function hookContext(stack: Stack): HookContext {
  const known = contexts.get(stack);
  if (known) return known;
  const made = makeHookContext(stack);
  contexts.set(stack, made);
  return made;
}

function makeHookContext(stack: Stack): HookContext {
  const { namespace, environment } = stack;
  return {
    namespace,
    place: placeIn(stack),
    get now() {
      return environment.queue.now;
    },
    random: environment.random,
    get drawLot() {
      return environment.drawLot;
    },
    recorder: environment.recorder,
    wake: () => environment.wake?.(namespace),
    isLocalAddress: (address) => isLocalAddress(namespace, address),
    routeDevice: (address) => findRoute(namespace, address)?.device,
    masqueradeAddress: (outDevice, packet) => {
      const route = findRoute(namespace, packet.destination);
      const fromRoute =
        route?.device === outDevice
          ? sourceAddressFor(namespace, route, packet.destination)
          : undefined;
      return fromRoute ?? universalAddress(namespace, outDevice, packet.version);
    },
  };
}
