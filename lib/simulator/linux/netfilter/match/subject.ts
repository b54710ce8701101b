import type { Micros } from '../../../base/clock.ts';
import type { RandomState } from '../../../base/random.ts';
import type { ConntrackEntry } from '../../conntrack.ts';
import type { SocketBuffer } from '../../socket-buffer.ts';
import type { Ruleset } from '../rule.ts';

/** What a match looks at: the packet, what the kernel notes beside it, and the machine. */
export interface MatchSubject {
  readonly skb: SocketBuffer;
  readonly ruleset: Ruleset;
  /** The tracked connection of the packet. */
  readonly connection?: ConntrackEntry;
  readonly now: Micros;
  readonly random: RandomState;
  readonly isLocalAddress: (address: string) => boolean;
}
