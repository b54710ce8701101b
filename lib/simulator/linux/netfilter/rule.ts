import type { Micros } from '../../base/clock.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import type { NetfilterHook, NetfilterTable } from '../../trace/step.ts';
import type { ConntrackState } from '../conntrack.ts';

export type { NetfilterHook, NetfilterTable };

/** The iptables rules of one network namespace. Plain data; edited through `ruleset.ts`. */
export interface Ruleset {
  readonly tables: Partial<Record<NetfilterTable, Table>>;
  /** Lists of `-m recent` (xt_recent, one set a namespace): list → address → when it was last seen. */
  recent?: Record<string, Record<string, Micros>>;
}

export interface Table {
  readonly chains: Record<string, Chain>;
}

export interface Chain {
  /** Built-in chains have a policy, others `-`. */
  readonly policy: 'ACCEPT' | 'DROP' | '-';
  readonly rules: Rule[];
  /** What has been counted and what rules remember, by 0-based position; rules are shared and stay as they are. */
  state?: Record<number, RuleState>;
  /** What came to the policy. */
  policyCount?: Count;
}

/** Packets, and bytes of their IP headers and all behind. */
export interface Count {
  packets: number;
  bytes: number;
}

/** What the kernel keeps beside one rule. */
export interface RuleState extends Count {
  /** `-m limit`: packets that may still pass, and when that was so. */
  limit?: { credit: number; at: Micros };
  /** `-m statistic --mode nth`: packets since the last that matched. */
  nth?: number;
}

/**
 * One rule, structured: it is evaluated from this and printed from this. In a ruleset the matches are in kernel order
 * (`normalizeRule`): the header ones first, then the modules as they were loaded.
 */
export interface Rule {
  readonly matches: readonly Match[];
  readonly target: Target;
  readonly because?: ObjectRef;
}

/** First and last port, inclusive. */
export type PortRange = readonly [first: number, last: number];

/** What `--ctstate` lists: the state of the packet, and whether its connection is translated. */
export type ConntrackCondition = ConntrackState | 'SNAT' | 'DNAT';

/** Closed; one file each in `match/` (the header matches are one file). */
export type Match =
  | { readonly match: 'source'; readonly cidr: string; readonly not?: true }
  | { readonly match: 'destination'; readonly cidr: string; readonly not?: true }
  | { readonly match: 'in-interface'; readonly name: string; readonly not?: true }
  | { readonly match: 'out-interface'; readonly name: string; readonly not?: true }
  | { readonly match: 'protocol'; readonly protocol: string; readonly not?: true }
  | { readonly match: 'comment'; readonly text: string }
  | TransportMatch
  | {
      readonly match: 'multiport';
      readonly side: 'source' | 'destination' | 'either';
      readonly ports: readonly PortRange[];
      readonly not?: true;
    }
  | { readonly match: 'icmp'; readonly type: IcmpTypeName; readonly not?: true }
  | {
      readonly match: 'address-type';
      readonly side: 'src' | 'dst';
      readonly type: 'LOCAL' | 'UNICAST' | 'BROADCAST' | 'MULTICAST';
      readonly not?: true;
    }
  | { readonly match: 'mark'; readonly value: number; readonly mask: number; readonly not?: true }
  /** `-m conntrack --ctstate`, or the older `-m state --state`. */
  | {
      readonly match: 'conntrack-state';
      readonly states: readonly ConntrackCondition[];
      readonly not?: true;
      readonly module?: 'state';
    }
  | { readonly match: 'statistic'; readonly probability: number; readonly not?: true }
  | RecentMatch
  | NthMatch
  | LimitMatch
  | OwnerMatch
  | LengthMatch
  | MacMatch
  | IpRangeMatch
  | ConnmarkMatch
  | PhysdevMatch
  | SetMatch
  | Icmp6Match;

/** `-m statistic --mode nth`. */
export interface NthMatch {
  readonly match: 'nth';
  readonly every: number;
  readonly packet: number;
  readonly not?: true;
}

export interface LimitMatch {
  readonly match: 'limit';
  readonly rate: number;
  readonly per: 'sec' | 'min' | 'hour' | 'day';
  readonly burst: number;
}

export interface OwnerMatch {
  readonly match: 'owner';
  readonly of: 'uid' | 'gid';
  readonly range: readonly [first: number, last: number];
  readonly not?: true;
}

export interface LengthMatch {
  readonly match: 'length';
  readonly range: readonly [first: number, last: number];
  readonly not?: true;
}

export interface MacMatch {
  readonly match: 'mac';
  readonly mac: string;
  readonly not?: true;
}

export interface IpRangeMatch {
  readonly match: 'ip-range';
  readonly source?: readonly [first: string, last: string];
  readonly notSource?: true;
  readonly destination?: readonly [first: string, last: string];
  readonly notDestination?: true;
}

export interface ConnmarkMatch {
  readonly match: 'connmark';
  readonly value: number;
  readonly mask: number;
  readonly not?: true;
}

/** Names of bridge ports; `is` and `not` whether the packet came by one, or will leave by one, or both. */
export interface PhysdevMatch {
  readonly match: 'physdev';
  readonly in?: string;
  readonly notIn?: true;
  readonly out?: string;
  readonly notOut?: true;
  readonly isIn?: 'is' | 'not';
  readonly isOut?: 'is' | 'not';
  readonly isBridged?: 'is' | 'not';
}

/** `-m set --match-set name src,dst`. */
export interface SetMatch {
  readonly match: 'set';
  readonly set: string;
  readonly sides: readonly ('src' | 'dst')[];
  readonly not?: true;
}

/** ICMPv6, by number. */
export interface Icmp6Match {
  readonly match: 'icmp6';
  readonly type: number;
  readonly code?: number;
  readonly not?: true;
}

/** `-m tcp`, `-m udp`, `-m sctp` with what they compare; without any of it the module is loaded and always matches. */
export interface TransportMatch {
  readonly match: 'transport';
  readonly module: 'tcp' | 'udp' | 'sctp';
  readonly source?: PortRange;
  readonly notSource?: true;
  readonly destination?: PortRange;
  readonly notDestination?: true;
  /** `--syn`: the flags SYN, ACK, RST, FIN are looked at, SYN alone is set. */
  readonly syn?: 'only' | 'not';
  /** `--tcp-flags mask set` of any other kind, as bits (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32). */
  readonly flags?: { readonly mask: number; readonly set: number; readonly not?: true };
}

export interface RecentMatch {
  readonly match: 'recent';
  readonly list: string;
  readonly operation: 'set' | 'rcheck' | 'update' | 'remove';
  readonly seconds?: number;
  readonly reap?: true;
  /** Which bits of the address count, as `--mask` prints it; absent: all of an IPv4 address. */
  readonly mask?: string;
  readonly not?: true;
}

/** ICMP types that `--icmp-type` may name here. */
export type IcmpTypeName =
  | 'echo-request'
  | 'echo-reply'
  | 'destination-unreachable'
  | 'redirect'
  | 'host-redirect'
  | 'fragmentation-needed'
  | 'time-exceeded';

export type RejectWith =
  | 'icmp-port-unreachable'
  | 'icmp-net-unreachable'
  | 'icmp-host-unreachable'
  | 'icmp-proto-unreachable'
  | 'icmp-admin-prohibited'
  | 'icmp6-no-route'
  | 'icmp6-adm-prohibited'
  | 'icmp6-addr-unreachable'
  | 'icmp6-port-unreachable'
  | 'tcp-reset';

/** Targets. A jump to a user chain returns when that chain has no verdict. */
export type Target =
  | { readonly target: 'ACCEPT' }
  | { readonly target: 'DROP' }
  | { readonly target: 'RETURN' }
  | { readonly target: 'REJECT'; readonly with?: RejectWith }
  /** `isGoto`: `-g`, which does not come back to this chain. */
  | { readonly target: 'JUMP'; readonly chain: string; readonly isGoto?: true }
  /** Tells the kernel's log, which nobody reads here. */
  | { readonly target: 'LOG'; readonly prefix?: string; readonly level?: number }
  | { readonly target: 'NFLOG'; readonly prefix?: string; readonly group?: number }
  /** The mark of the connection: set, taken from the packet's, or given to it. */
  | {
      readonly target: 'CONNMARK';
      readonly operation: 'set' | 'save' | 'restore';
      readonly value: number;
      readonly mask: number;
    }
  /** Puts the packet's addresses into a set, or takes them out. */
  | {
      readonly target: 'SET';
      readonly operation: 'add' | 'del';
      readonly set: string;
      readonly sides: readonly ('src' | 'dst')[];
      readonly exist?: true;
      readonly timeout?: number;
    }
  /** `to`: `10.0.0.1`, `10.0.0.1:80`. */
  | { readonly target: 'DNAT'; readonly to: string }
  /** `to`: `10.0.0.1`, `10.0.0.1:1024`, `10.0.0.1:1024-2047`. */
  | { readonly target: 'SNAT'; readonly to: string; readonly randomFully?: true }
  | {
      readonly target: 'MASQUERADE';
      readonly ports?: readonly [number, number];
      readonly random?: true;
      readonly randomFully?: true;
    }
  | {
      readonly target: 'REDIRECT';
      readonly port?: number;
      /** Of a range of ports that begins at `port`. */
      readonly lastPort?: number;
      readonly random?: true;
    }
  /** `set` is `--set-xmark value/mask`, which the kernel makes of all others. */
  | {
      readonly target: 'MARK';
      readonly operation: 'set' | 'or' | 'xor' | 'and';
      readonly value: number;
      readonly mask?: number;
    }
  /** Turns connection tracking off for the packet (raw table). The tools remember which of its two names was written. */
  | { readonly target: 'NOTRACK'; readonly writtenAs?: 'CT' }
  /** No `-j`: a rule that only counts. */
  | { readonly target: 'NONE' };
