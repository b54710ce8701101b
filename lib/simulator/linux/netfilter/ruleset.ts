import type { Ruleset } from './rule.ts';

/**
 * A namespace's rules when nobody has touched them. Tables appear (with their built-in chains) when something is first
 * written to them, as with iptables-nft: `iptables-save` prints nothing before.
 */
export function createRuleset(): Ruleset {
  return { tables: {} };
}
