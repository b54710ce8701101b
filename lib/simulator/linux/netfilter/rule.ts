import type { ObjectRef } from '../../base/object-ref.ts';
import type { NetfilterHook, NetfilterTable } from '../../trace/step.ts';
import type { ConntrackState } from '../conntrack.ts';

/** Tables in the order in which the kernel reads them at one hook (by priority). */
export type { NetfilterHook, NetfilterTable };

export interface Ruleset {
  readonly tables: Partial<Record<NetfilterTable, Table>>;
}

export interface Table {
  readonly chains: Record<string, Chain>;
}

export interface Chain {
  /** Built-in chains have a policy, others `-`. */
  readonly policy: 'ACCEPT' | 'DROP' | '-';
  readonly rules: Rule[];
}

/** One rule, structured: it is evaluated from this and printed from this. */
export interface Rule {
  readonly matches: readonly Match[];
  readonly target: Target;
  readonly because?: ObjectRef;
}

/** Matches in print order. Closed; one file each in `match/`. */
export type Match =
  | { readonly match: 'source'; readonly cidr: string; readonly not?: true }
  | { readonly match: 'destination'; readonly cidr: string; readonly not?: true }
  | { readonly match: 'in-interface'; readonly name: string; readonly not?: true }
  | { readonly match: 'out-interface'; readonly name: string; readonly not?: true }
  | { readonly match: 'protocol'; readonly protocol: string; readonly not?: true }
  | { readonly match: 'comment'; readonly text: string }
  | {
      readonly match: 'source-port';
      readonly port: number;
      readonly module: 'tcp' | 'udp' | 'sctp';
    }
  | {
      readonly match: 'destination-port';
      readonly port: number;
      readonly module: 'tcp' | 'udp' | 'sctp';
    }
  | {
      readonly match: 'address-type';
      readonly side: 'src' | 'dst';
      readonly type: 'LOCAL' | 'UNICAST';
      readonly not?: true;
    }
  | { readonly match: 'mark'; readonly value: number; readonly mask: number; readonly not?: true }
  | {
      readonly match: 'conntrack-state';
      readonly states: readonly ConntrackState[];
      readonly not?: true;
    }
  | { readonly match: 'conntrack-status'; readonly status: 'DNAT' | 'SNAT'; readonly not?: true }
  | { readonly match: 'statistic'; readonly probability: number };

/** Targets. A jump to a user chain returns when that chain has no verdict. */
export type Target =
  | { readonly target: 'ACCEPT' }
  | { readonly target: 'DROP' }
  | { readonly target: 'RETURN' }
  | {
      readonly target: 'REJECT';
      readonly with?:
        'icmp-port-unreachable' | 'icmp-host-unreachable' | 'icmp-admin-prohibited' | 'tcp-reset';
    }
  | { readonly target: 'JUMP'; readonly chain: string }
  | { readonly target: 'DNAT'; readonly to: string }
  | { readonly target: 'SNAT'; readonly to: string }
  | { readonly target: 'MASQUERADE'; readonly randomFully?: true }
  | {
      readonly target: 'MARK';
      readonly operation: 'set' | 'or' | 'xor' | 'and';
      readonly value: number;
      readonly mask?: number;
    }
  /** `-j NONE`: a rule that only counts. */
  | { readonly target: 'NONE' };
