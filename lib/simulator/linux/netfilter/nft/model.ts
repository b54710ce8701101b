import type { Micros } from '../../../base/clock.ts';
import type { ObjectRef } from '../../../base/object-ref.ts';
import type { NetfilterHook } from '../../../trace/step.ts';
import type { NftExpression } from './expression.ts';
import type { NftStatement, NftVerdict } from './statement.ts';

/** Families of which packets pass through here; `inet` sees both kinds of addresses. */
export type NftFamily = 'ip' | 'ip6' | 'inet';

/** The nftables of one network namespace. Plain data; edited through `apply-commands.ts`. */
export interface NftRuleset {
  /** By `family name` (`tableKey`), in the order in which they were made. */
  readonly tables: Record<string, NftTable>;
  /** Derived: the base chains at each hook, by priority, in the order in which the kernel asks them. */
  readonly hooks: Partial<Record<NetfilterHook, NftHookEntry[]>>;
  /** Tables count for themselves; what is in a table is numbered by the table. */
  nextHandle: number;
}

export interface NftHookEntry {
  readonly table: string;
  readonly chain: string;
  readonly priority: number;
  readonly type: NftChainType;
}

export interface NftTable {
  readonly family: NftFamily;
  readonly name: string;
  readonly handle: number;
  readonly comment?: string;
  /** `flags dormant`: its base chains are not asked. */
  readonly isDormant?: true;
  readonly chains: Record<string, NftChain>;
  /** Sets and maps share one space of names. */
  readonly sets: Record<string, NftSet>;
  nextHandle: number;
}

export type NftChainType = 'filter' | 'nat' | 'route';

/** What makes a chain a base chain: packets enter here. */
export interface NftBase {
  readonly type: NftChainType;
  readonly hook: NetfilterHook;
  readonly priority: number;
  /** Absent: accept. */
  readonly policy?: 'accept' | 'drop';
}

export interface NftChain {
  readonly name: string;
  readonly handle: number;
  readonly base?: NftBase;
  readonly comment?: string;
  /** How many jumps lead here: from rules, and from elements of maps. */
  uses: number;
  readonly rules: NftRule[];
}

/** What its author says of a rule; everything in it is compared and done from left to right. */
export interface NftRuleBody {
  readonly statements: readonly NftStatement[];
  readonly comment?: string;
  readonly because?: ObjectRef;
  /** What its `counter` statement has counted before. */
  readonly counts?: { readonly packets: number; readonly bytes: number };
}

export interface NftRule extends Omit<NftRuleBody, 'counts'> {
  readonly handle: number;
  /** What its `counter` statement has counted. */
  counts?: { packets: number; bytes: number };
  /** What its `limit` statement has left. */
  limit?: { credit: number; at: Micros };
  /** What its `numgen inc` gives next. */
  nextNumber?: number;
}

export type NftType =
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'ether_addr'
  | 'inet_proto'
  | 'inet_service'
  | 'mark'
  | 'ifname'
  | 'icmp_type'
  | 'icmpv6_type'
  | 'ct_state'
  | 'integer';

/** Types of values: those that sets can have, and those that only expressions have. */
export type NftValueType =
  | NftType
  | 'icmp_code'
  | 'icmpv6_code'
  | 'fib_addrtype'
  | 'ct_status'
  | 'ct_dir'
  | 'tcp_flag'
  | 'pkt_type'
  | 'nf_proto'
  | 'boolean';

/** A set or, with `data`, a map. */
export interface NftSetBody {
  readonly kind: 'set' | 'map';
  /** More than one: a concatenation. */
  readonly type: readonly NftType[];
  /** Maps only; `verdict` alone for a verdict map. */
  readonly data?: 'verdict' | readonly NftType[];
  readonly flags?: readonly NftSetFlag[];
  /** Seconds after which an element goes, when it says nothing else. */
  readonly timeout?: number;
  readonly size?: number;
  readonly autoMerge?: true;
  readonly comment?: string;
}

export type NftSetFlag = 'constant' | 'dynamic' | 'interval' | 'timeout';

export interface NftSet extends NftSetBody {
  readonly name: string;
  readonly handle: number;
  /** How many rules look into it. */
  uses: number;
  /** By key: `172.30.0.41 . tcp . 80`, `10.0.0.0/8`, `1024-2047`. */
  readonly elements: Record<string, NftElement>;
}

/** One element as its author writes it. `key` and `data` are values as `nft` writes them, joined by ` . `. */
export interface NftElementBody {
  readonly key: string;
  readonly data?: string;
  readonly verdict?: NftVerdict;
  readonly comment?: string;
  /** Seconds. */
  readonly timeout?: number;
  readonly because?: ObjectRef;
}

export interface NftElement extends NftElementBody {
  /** When it goes, for sets with timeouts. */
  readonly expiresAt?: Micros;
}

export const tableKey = (family: NftFamily, name: string) => `${family} ${name}`;

export type { NftExpression, NftStatement, NftVerdict };
