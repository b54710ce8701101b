import type { Flow } from '../base/flow.ts';
import type { ObjectRef } from '../base/object-ref.ts';
import type { TcpFlags } from '../packet/packet.ts';
import type { SctpChunkType } from '../packet/sctp.ts';
import type { PolicyDirection, PolicySays } from './policy-decisions.ts';
import type { Place, Step, TunnelHeaders } from './step.ts';

/** The nine layers of the design language: each has a colour and a glyph. */
export type Layer =
  'pod' | 'node' | 'service' | 'netfilter' | 'dns' | 'policy' | 'gateway' | 'mesh' | 'internet';

/** What policies decided at a hop. */
export interface HopPolicy {
  readonly direction: PolicyDirection;
  readonly says: PolicySays;
  /** `namespace/name` of the pod whose policies they are. */
  readonly pod?: string;
}

/**
 * One entry of the list that people read: some steps belong to one hop. Made by `explain`, plain data, the one
 * account that screen, terminal and grader give.
 */
export interface Hop {
  /** 1-based within the trace. */
  readonly number: number;
  readonly layer: Layer;
  readonly place: Place;
  /** `node-a · PREROUTING`, `web-7c9d · eth0`. */
  readonly title: string;
  /** One short sentence in plain words: what was decided here. Code spans are in backticks. */
  readonly sentence: string;
  readonly direction: 'request' | 'reply';
  readonly before: Flow;
  /** Equal to `before` when nothing was rewritten. */
  readonly after: Flow;
  /** While the packet is in a tunnel, `before` is the outer five-tuple and this the one inside. */
  readonly inner?: Flow;
  /** Where a tunnel's device packs or unpacks it: the headers between the two. */
  readonly headers?: TunnelHeaders;
  /** Lines as the real tool prints them (rules, routes, conntrack entries), the deciding ones marked. */
  readonly lines: readonly { readonly text: string; readonly isDeciding: boolean }[];
  /** How many rules were compared, when netfilter decided. */
  readonly compared?: number;
  readonly because?: ObjectRef;
  /** Of layer `policy`: whose policies were asked, and what they said. */
  readonly policy?: HopPolicy;
  /** The command that shows the same on a real machine. */
  readonly command?: string;
  readonly steps: readonly Step['kind'][];
  /** Which packet of the trace, and its TCP flags: a screen may show one packet's way. */
  readonly packet: number;
  readonly flags?: TcpFlags;
  /** What an SCTP packet is about. */
  readonly chunk?: SctpChunkType;
}
