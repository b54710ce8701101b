import type { NftExpression } from './expression.ts';

/** What a rule consists of. Closed. A match that fails ends the rule. */
export type NftStatement =
  | NftMatch
  | { readonly statement: 'verdict'; readonly verdict: NftVerdict }
  /** `ip daddr . meta l4proto . th dport vmap @service-ips`. */
  | { readonly statement: 'vmap'; readonly key: NftExpression; readonly map: NftVerdictMapping }
  | NftNat
  | {
      readonly statement: 'masquerade';
      readonly ports?: string;
      readonly flags?: readonly NftNatFlag[];
    }
  | {
      readonly statement: 'redirect';
      readonly port?: NftExpression;
      readonly flags?: readonly NftNatFlag[];
    }
  /** Absent `with`: port unreachable of the packet's family. */
  | { readonly statement: 'reject'; readonly with?: NftRejectWith }
  /** `meta mark set meta mark | 0x4000`, `ct mark set meta mark`. */
  | {
      readonly statement: 'set-mark';
      readonly of: 'meta' | 'ct';
      readonly value: NftExpression;
    }
  /** Counts in the rule's `counts`. */
  | { readonly statement: 'counter' }
  | { readonly statement: 'notrack' }
  | NftLog
  | NftLimit
  /** `update @affinity { ip saddr }`: `add` leaves an element's time as it is, `update` begins it again. */
  | {
      readonly statement: 'set-update';
      readonly operation: 'add' | 'update' | 'delete';
      readonly set: string;
      readonly key: NftExpression;
      /** Seconds. */
      readonly timeout?: number;
    };

export interface NftMatch {
  readonly statement: 'match';
  readonly left: NftExpression;
  readonly operator: '==' | '!=' | '<' | '<=' | '>' | '>=';
  readonly right: NftRight;
}

/** What a match compares with. */
export type NftRight =
  /** A value, a prefix or a range: `80`, `10.0.0.0/8`, `1024-2047`. */
  | { readonly right: 'value'; readonly value: string }
  /** `established,related`: one of these bits (ct state, ct status, tcp flags). */
  | { readonly right: 'flags'; readonly values: readonly string[] }
  /** `{ 10.0.0.0/8, 192.168.0.0/16 }`. */
  | { readonly right: 'anonymous'; readonly elements: readonly string[] }
  /** `@cluster-ips`. */
  | { readonly right: 'set'; readonly name: string };

export type NftVerdict =
  | { readonly verdict: 'accept' | 'drop' | 'return' | 'continue' }
  /** `goto` does not come back to this chain. */
  | { readonly verdict: 'jump' | 'goto'; readonly chain: string };

export type NftVerdictMapping =
  | { readonly map: 'named'; readonly name: string }
  | {
      readonly map: 'anonymous';
      readonly elements: readonly { readonly key: string; readonly verdict: NftVerdict }[];
    };

export type NftNatFlag = 'random' | 'fully-random' | 'persistent';

/** `dnat to 10.0.1.1:80`; when the address is looked up in a map of addresses and ports it gives both. */
export interface NftNat {
  readonly statement: 'nat';
  readonly nat: 'dnat' | 'snat';
  /** Written in `inet` tables: `dnat ip to`. */
  readonly family?: 'ip' | 'ip6';
  readonly address?: NftExpression;
  readonly port?: NftExpression;
  readonly flags?: readonly NftNatFlag[];
}

/** The type of the ICMP error, or a reset; `icmpx` is whichever family the packet has. */
export type NftRejectWith =
  | { readonly with: 'tcp-reset' }
  | {
      readonly with: 'icmp';
      readonly type:
        | 'net-unreachable'
        | 'host-unreachable'
        | 'prot-unreachable'
        | 'port-unreachable'
        | 'net-prohibited'
        | 'host-prohibited'
        | 'admin-prohibited';
    }
  | {
      readonly with: 'icmpv6';
      readonly type: 'no-route' | 'admin-prohibited' | 'addr-unreachable' | 'port-unreachable';
    }
  | {
      readonly with: 'icmpx';
      readonly type: 'no-route' | 'admin-prohibited' | 'host-unreachable' | 'port-unreachable';
    };

export interface NftLog {
  readonly statement: 'log';
  readonly prefix?: string;
  readonly level?: string;
  readonly group?: number;
}

export interface NftLimit {
  readonly statement: 'limit';
  readonly rate: number;
  readonly per: 'second' | 'minute' | 'hour' | 'day';
  readonly burst?: number;
  /** Matches what is above the rate. */
  readonly over?: true;
}
