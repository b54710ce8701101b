/** What a rule can ask of a packet. Closed. */
export type NftExpression =
  | NftPayload
  | { readonly expression: 'meta'; readonly key: NftMetaKey }
  | NftCt
  | NftFib
  | NftNumgen
  | { readonly expression: 'concat'; readonly parts: readonly NftExpression[] }
  /** `meta mark & 0x4000`. */
  | NftBitwise
  /** A constant as `nft` writes it: `10.0.0.1`, `tcp`, `80`, `0x4000`. */
  | { readonly expression: 'value'; readonly value: string }
  /** `numgen random mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }`. */
  | { readonly expression: 'map'; readonly key: NftExpression; readonly map: NftMapping };

/** `ip daddr`; `th` is the port of TCP, UDP or SCTP, whichever it is. */
export type NftPayload =
  | {
      readonly expression: 'payload';
      readonly protocol: 'ip';
      readonly field: 'saddr' | 'daddr' | 'protocol' | 'ttl' | 'length';
    }
  | {
      readonly expression: 'payload';
      readonly protocol: 'ip6';
      readonly field: 'saddr' | 'daddr' | 'nexthdr' | 'hoplimit' | 'length';
    }
  | {
      readonly expression: 'payload';
      readonly protocol: 'tcp';
      readonly field: 'sport' | 'dport' | 'flags';
    }
  | {
      readonly expression: 'payload';
      readonly protocol: 'udp' | 'sctp' | 'th';
      readonly field: 'sport' | 'dport';
    }
  | {
      readonly expression: 'payload';
      readonly protocol: 'icmp' | 'icmpv6';
      readonly field: 'type' | 'code';
    }
  | {
      readonly expression: 'payload';
      readonly protocol: 'ether';
      readonly field: 'saddr';
    };

export type NftMetaKey =
  | 'l4proto'
  | 'nfproto'
  | 'mark'
  /** Simplified: compared by name, as iifname and oifname; a device that is not there yet may be named. */
  | 'iif'
  | 'oif'
  | 'iifname'
  | 'oifname'
  | 'skuid'
  | 'skgid'
  | 'length'
  | 'pkttype';

/** `ct state`, `ct original ip daddr` (the direction is asked for addresses and ports). */
export interface NftCt {
  readonly expression: 'ct';
  readonly key:
    | 'state'
    | 'status'
    | 'mark'
    | 'direction'
    | 'ip saddr'
    | 'ip daddr'
    | 'ip6 saddr'
    | 'ip6 daddr'
    | 'proto-src'
    | 'proto-dst'
    | 'l4proto';
  readonly direction?: 'original' | 'reply';
}

/** `fib daddr type`, `fib saddr . iif oif`. */
export interface NftFib {
  readonly expression: 'fib';
  readonly keys: readonly ('saddr' | 'daddr' | 'mark' | 'iif' | 'oif')[];
  readonly result: 'type' | 'oif' | 'oifname';
}

export interface NftNumgen {
  readonly expression: 'numgen';
  readonly mode: 'random' | 'inc';
  readonly mod: number;
  readonly offset?: number;
}

export interface NftBitwise {
  readonly expression: 'bitwise';
  readonly operation: 'and' | 'or' | 'xor';
  readonly left: NftExpression;
  readonly right: number;
}

/** Where a value is looked up: a named map (`@endpoints`) or one that stands in the rule. */
export type NftMapping =
  | { readonly map: 'named'; readonly name: string }
  | {
      readonly map: 'anonymous';
      readonly elements: readonly { readonly key: string; readonly data: string }[];
    };
