import type { NetworkNamespace } from '../../../linux/network.ts';
import type { PolicyRound } from '../policy-round.ts';
import { buildChains } from './build-chains.ts';
import { syncChains } from './sync-chains.ts';
import { removeStaleSets, syncIpsets } from './sync-ipsets.ts';

const VERSION = { IPv4: 4, IPv6: 6 } as const;

/** One round with iptables and ipset, for the families that the cluster speaks: sets, then rules, then what is left over. */
export function syncPolicies(
  namespace: NetworkNamespace,
  { plan, view, families }: PolicyRound,
): void {
  const { ipsets, ruleset, ruleset6 } = namespace;
  const wanted = families.map((family) => {
    const version = VERSION[family];
    const sets = syncIpsets(ipsets, plan, view, version);
    syncChains(family === 'IPv4' ? ruleset : ruleset6, buildChains(plan, version));
    return sets;
  });
  removeStaleSets(ipsets, wanted);
}
