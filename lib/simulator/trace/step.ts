import type { Micros } from '../base/clock.ts';
import type { Flow } from '../base/flow.ts';
import type { ObjectRef } from '../base/object-ref.ts';
import type { RecordType, ResponseCode } from '../packet/dns-message.ts';
import type { SctpChunkType } from '../packet/sctp.ts';
import type { Fragment, IcmpType, TcpFlags } from '../packet/packet.ts';

/** Where something happened. `machine` is a node, a router or a laptop; `netns` is empty for its root namespace. */
export interface Place {
  readonly machine: string;
  /** Name of the network namespace as people know it: a pod's `namespace/name`; absent in the machine's own. */
  readonly netns?: string;
  readonly device?: string;
}

/** Why a packet ended; the words follow the kernel's drop reasons where it has one. */
export type DropReason =
  | 'netfilter-drop'
  | 'no-route'
  | 'neighbour-failed'
  | 'ttl-exceeded'
  | 'not-forwarding'
  | 'not-for-us'
  | 'no-carrier'
  | 'martian-source'
  | 'rp-filter'
  | 'no-hairpin'
  | 'bridge-loop'
  | 'packet-too-big'
  | 'no-socket'
  | 'invalid-state'
  | 'backlog-full'
  | 'blackhole-route'
  | 'unreachable-route'
  | 'prohibited-route'
  | 'no-remote-vtep'
  | 'unknown-vni'
  | 'fragment-lost';

/** Why a system call sent nothing. */
export type NotSentReason =
  | 'no-route'
  | 'unreachable-route'
  | 'prohibited-route'
  | 'blackhole-route'
  | 'no-source-address'
  | 'foreign-source'
  | 'ports-used-up'
  | 'no-zone';

/** One rule that was looked at, in order. `text` is exactly what `iptables-save` prints for it. */
export interface EvaluatedRule {
  readonly chain: string;
  /** 1-based position in its chain, as `iptables -L --line-numbers` counts. */
  readonly number: number;
  readonly text: string;
  readonly matched: boolean;
  readonly because?: ObjectRef;
  /** The set or map in which an nft rule found the packet: one look-up, however many elements there are. */
  readonly lookup?: NftLookup;
}

/** A look-up that found something. */
export interface NftLookup {
  /** `@service-ips`; empty for a map that stands in the rule. */
  readonly map: string;
  /** `172.30.0.41 . tcp . 80`. */
  readonly key: string;
  /** What the element says, as nft prints it: `goto service-...`; empty in a set. */
  readonly element: string;
}

/** The base chain at which nft rules begin to be read. */
export interface NftPlace {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly priority: number;
}

export type NetfilterTable = 'raw' | 'mangle' | 'nat' | 'filter';
export type NetfilterHook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

export interface RouteChoice {
  /** As `ip route` prints it. */
  readonly text: string;
  readonly because?: ObjectRef;
}

interface StepBase {
  readonly at: Micros;
  readonly place: Place;
  /** Which packet: numbered within its trace, from 1. A reply is another packet; a rewritten one is the same. */
  readonly packet: number;
  /** The five-tuple when the step began. */
  readonly flow: Flow;
  /** The five-tuple of the packet inside, while this one is the outer packet of a tunnel. */
  readonly inner?: Flow;
  /** TCP flags of the packet, when it is TCP; of the packet inside, while that is in a tunnel. */
  readonly flags?: TcpFlags;
  /** What an SCTP packet is about. */
  readonly chunk?: SctpChunkType;
  /** What an ICMP error says. */
  readonly icmp?: IcmpType;
  /** Which piece, while the packet goes in pieces: they share its number. */
  readonly fragment?: Fragment;
}

/** What a tunnel puts around a frame, or takes off. */
export interface TunnelHeaders {
  readonly tunnel: 'vxlan';
  /** VNI. */
  readonly id: number;
  /** MACs of the frame inside. */
  readonly source: string;
  readonly destination: string;
  /** Bytes of the outer packet. */
  readonly length: number;
}

/** What can happen to a packet, recorded by whoever did it. Closed: `explain` and the screens switch over it. */
export type Step = StepBase &
  (
    | { readonly kind: 'sent'; readonly process?: string }
    | {
        readonly kind: 'route';
        readonly table: string;
        readonly considered: readonly RouteChoice[];
        readonly chosen: number;
        /** The rule of policy routing that led to the table, as `ip rule` prints it; absent for the usual ones. */
        readonly rule?: string;
      }
    | { readonly kind: 'neighbour'; readonly address: string; readonly mac: string | undefined }
    | {
        readonly kind: 'bridge';
        readonly mac: string;
        readonly decision: 'forward' | 'flood' | 'local';
        readonly port?: string;
      }
    | { readonly kind: 'transmitted'; readonly to: Place }
    | {
        readonly kind: 'netfilter';
        readonly hook: NetfilterHook;
        /** For nftables the iptables table that does the same: nat, filter, or mangle (type route). */
        readonly table: NetfilterTable;
        /** Absent for iptables. */
        readonly nft?: NftPlace;
        /** Every rule looked at; a long linear chain is cut to those that matched and the last. */
        readonly rules: readonly EvaluatedRule[];
        /** How many rules were compared in all, `rules` included. */
        readonly compared: number;
        readonly verdict:
          'accept' | 'drop' | 'reject' | 'dnat' | 'snat' | 'masquerade' | 'redirect';
        readonly after: Flow;
        readonly because?: ObjectRef;
      }
    | {
        readonly kind: 'conntrack';
        readonly state: 'new' | 'established' | 'related' | 'invalid';
        /** As `conntrack -L` prints the entry. */
        readonly entry: string;
        readonly after: Flow;
      }
    | { readonly kind: 'forwarded'; readonly ttl: number }
    | {
        /** A tunnel's device packs the packet into an outer one, which goes on under the same number. */
        readonly kind: 'encapsulated';
        readonly headers: TunnelHeaders;
        /** The FDB entry that named the remote end, as `bridge fdb` prints it. */
        readonly entry: string;
        /** The neighbour entry that named the MAC inside, as `ip neigh` prints it; absent for a bridged frame. */
        readonly neighbour?: string;
        /** The outer five-tuple. */
        readonly after: Flow;
      }
    | {
        /** The other end unpacks: `flow` is the outer five-tuple, `after` the one inside. */
        readonly kind: 'decapsulated';
        readonly headers: TunnelHeaders;
        readonly after: Flow;
      }
    | { readonly kind: 'fragmented'; readonly pieces: number; readonly mtu: number }
    | { readonly kind: 'reassembled'; readonly pieces: number }
    | { readonly kind: 'delivered'; readonly process: string; readonly socket: string }
    | {
        readonly kind: 'refused';
        readonly by: 'no-socket' | 'netfilter';
        readonly answer: 'tcp-reset' | 'sctp-abort' | IcmpType;
      }
    | { readonly kind: 'dropped'; readonly reason: DropReason }
    | {
        /** A system call failed before there was a packet; `flow` says what it asked for, from no address yet. */
        readonly kind: 'not-sent';
        readonly call: 'connect' | 'sendto';
        readonly process: string;
        /** The name of errno(3). */
        readonly error: string;
        readonly reason: NotSentReason;
      }
    | {
        readonly kind: 'dns';
        readonly side: 'asks' | 'answers' | 'hears';
        readonly name: string;
        readonly type: RecordType;
        readonly server: string;
        readonly responseCode?: ResponseCode;
        readonly answers?: readonly string[];
        readonly because?: ObjectRef;
      }
    | {
        readonly kind: 'http';
        readonly side: 'asks' | 'answers' | 'hears';
        readonly line: string;
        readonly because?: ObjectRef;
      }
  );

export type StepKind = Step['kind'];

type WithoutBase<S> = S extends unknown ? Omit<S, 'at' | 'packet'> : never;
/** A step as its author writes it: the recorder adds time and packet number. */
export type StepDraft = WithoutBase<Step>;
