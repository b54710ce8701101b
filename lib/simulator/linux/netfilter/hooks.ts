import type { Micros } from '../../base/clock.ts';
import type { RandomState } from '../../base/random.ts';
import type { IpPacket } from '../../packet/packet.ts';
import type { Recorder } from '../../trace/recorder.ts';
import type { NetfilterHook, Place } from '../../trace/step.ts';
import type { NetworkNamespace } from '../network.ts';
import type { SocketBuffer } from '../socket-buffer.ts';

/** What a hook decides. After `reject` the caller sends the answer and drops the packet. */
export type HookVerdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'drop' }
  | {
      readonly verdict: 'reject';
      readonly with: 'icmp-port-unreachable' | 'icmp-host-unreachable' | 'icmp-admin-prohibited' | 'tcp-reset';
    };

/** What the hooks need to know of the machine. */
export interface HookContext {
  readonly namespace: NetworkNamespace;
  readonly place: Place;
  readonly now: Micros;
  readonly random: RandomState;
  readonly recorder: Recorder;
  /** Whether the address belongs to this namespace (RTN_LOCAL): its interfaces, 127.0.0.0/8. */
  isLocalAddress(address: string): boolean;
  /** The source that MASQUERADE takes: the address of `outDevice` that a route to the packet's destination prefers. */
  masqueradeAddress(outDevice: string, packet: IpPacket): string | undefined;
}

/**
 * Runs everything that netfilter has at `hook` over the packet, in the kernel's priority order: raw, conntrack, mangle,
 * nat (destination), filter, nat (source), confirmation. May rewrite `skb.packet` and its mark.
 */
export function runHook(hook: NetfilterHook, skb: SocketBuffer, context: HookContext): HookVerdict {
  void hook;
  void skb;
  void context;
  return { verdict: 'accept' };
}
