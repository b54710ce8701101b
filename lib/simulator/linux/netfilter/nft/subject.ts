import type { Audience } from '../evaluate.ts';
import type { MatchSubject } from '../match/subject.ts';
import type { NftLookup } from '../../../trace/step.ts';
import type { NftRule, NftTable } from './model.ts';

/** What a rule looks at: the packet, what the kernel notes beside it, and the machine. */
export interface NftSubject extends Omit<MatchSubject, 'ruleset' | 'rule' | 'at'> {
  readonly table: NftTable;
  /** Who will read which rules were looked at, and what they found in sets. */
  readonly audience: Audience;
  /** Device by which an address is reached (`fib ... oif`); undefined when it is not. */
  readonly routeDevice: (address: string) => string | undefined;
}

/** One rule while it is compared. */
export interface NftComparison extends NftSubject {
  rule: NftRule;
  /** The look-up that decided, for the account. */
  lookup: (NftLookup & { because?: NonNullable<NftRule['because']> }) | undefined;
}
