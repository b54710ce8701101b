import type { Micros } from '../../../base/clock.ts';
import type { RandomState } from '../../../base/random.ts';
import type { ConntrackEntry } from '../../conntrack.ts';
import type { SocketBuffer } from '../../socket-buffer.ts';
import type { DrawLot } from '../lots.ts';
import type { Ipset } from '../ipset/ipset.ts';
import type { Chain, Rule, Ruleset } from '../rule.ts';

/** What a match looks at: the packet, what the kernel notes beside it, and the machine. */
export interface MatchSubject {
  readonly skb: SocketBuffer;
  readonly ruleset: Ruleset;
  /** The tracked connection of the packet. */
  readonly connection?: ConntrackEntry | undefined;
  /** The sets of the namespace, for `-m set`. */
  readonly ipsets?: Record<string, Ipset> | undefined;
  readonly now: Micros;
  readonly random: RandomState;
  readonly drawLot?: DrawLot | undefined;
  /** Id of the network namespace. */
  readonly namespace: string;
  /** The rule whose conditions are being compared. */
  rule?: Rule | undefined;
  /** Where it stands: its chain, and the 1-based number that `next` has while it is compared. */
  at?: { readonly members: Chain | undefined; readonly next: number } | undefined;
  readonly isLocalAddress: (address: string) => boolean;
}
