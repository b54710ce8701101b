import type { Comparison } from '../compare-numbers.ts';
import type { ByteProtocol } from './header-bytes.ts';

export type Side = 'src' | 'dst' | 'either' | 'both';
export type FilterProtocol = 'ip' | 'ip6' | 'arp' | 'tcp' | 'udp' | 'icmp' | 'icmp6' | 'sctp';

/** Arithmetic over bytes of a header: `tcp[tcpflags] & (tcp-syn|tcp-rst)`. */
export type Arithmetic =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'length' }
  | {
      readonly type: 'bytes';
      readonly protocol: ByteProtocol;
      readonly offset: Arithmetic;
      readonly size: 1 | 2 | 4;
    }
  | {
      readonly type: 'operation';
      readonly operator: ArithmeticOperator;
      readonly left: Arithmetic;
      readonly right: Arithmetic;
    };

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';
/** A filter of pcap-filter(7) as a tree. */
export type Filter =
  | { readonly type: 'all' }
  | { readonly type: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly type: 'not'; readonly inner: Filter }
  | { readonly type: 'protocol'; readonly protocol: FilterProtocol }
  | {
      readonly type: 'network';
      readonly side: Side;
      /** A canonical prefix; a host is one of full length. */
      readonly prefix: string;
      /** `arp host`, `ip net`: only inside this. */
      readonly within?: FilterProtocol;
    }
  | {
      readonly type: 'ports';
      readonly side: Side;
      readonly first: number;
      readonly last: number;
      readonly within?: FilterProtocol;
    }
  | { readonly type: 'mac'; readonly side: Side; readonly mac: string }
  | { readonly type: 'group'; readonly cast: 'broadcast' | 'multicast' }
  | { readonly type: 'length'; readonly comparison: '<=' | '>='; readonly bytes: number }
  | {
      readonly type: 'comparison';
      readonly comparison: Comparison;
      readonly left: Arithmetic;
      readonly right: Arithmetic;
    };
