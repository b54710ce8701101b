import { SECOND } from '../../base/clock.ts';
import { tableKey } from '../../linux/netfilter/nft/model.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import type { AgentContext } from '../agent.ts';
import { nftFamily } from './nftables/base-table.ts';
import { TABLE } from './nftables/sync-commands.ts';
import { syncNftables } from './nftables/sync-nftables.ts';
import type { IpFamily, ProxyConfig } from './proxy-config.ts';
import { memoryOf } from './proxy-memory.ts';
import type { ServiceView } from './service-view.ts';
import { syncIptables } from './sync-iptables.ts';

/** A round that was put off. */
export const WRITE = 'write';
/** When a round failed: `syncPeriod`. */
const RETRY_AFTER = 30 * SECOND;

const rulesetOf = ({ ruleset, ruleset6 }: NetworkNamespace, family: IpFamily) =>
  family === 'IPv4' ? ruleset : ruleset6;

/** One round for one IP family, in the mode that the cluster's options name. One that failed is tried again. */
export function syncFamily(
  context: AgentContext,
  namespace: NetworkNamespace,
  view: ServiceView,
  config: ProxyConfig,
): 'done' | 'failed' {
  const memory = memoryOf(context.memory, config.family);
  switch (context.options.proxyMode) {
    case 'iptables':
      syncIptables(rulesetOf(namespace, config.family), view, config, memory);
      return 'done';
    case 'nftables': {
      const outcome = syncNftables(namespace.nftables, view, config, memory, context.now);
      if (outcome === 'failed') context.requeue(WRITE, RETRY_AFTER);
      return outcome;
    }
  }
}

/** Whether no kube-proxy has ever written here, and no packet has been tracked. */
export function isFresh(namespace: NetworkNamespace): boolean {
  const { ruleset, ruleset6, nftables, conntrack } = namespace;
  return (
    conntrack.nextId === 1 &&
    [ruleset, ruleset6].every(({ tables }) => !tables.nat?.chains['KUBE-SERVICES']) &&
    (['IPv4', 'IPv6'] as const).every(
      (family) => !nftables.tables[tableKey(nftFamily(family), TABLE)],
    )
  );
}
