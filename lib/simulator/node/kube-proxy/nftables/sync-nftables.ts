import type { Micros } from '../../../base/clock.ts';
import { applyNftCommands } from '../../../linux/netfilter/nft/apply-commands.ts';
import { tableKey, type NftRuleset } from '../../../linux/netfilter/nft/model.ts';
import type { ProxyConfig } from '../proxy-config.ts';
import {
  isUpToDate,
  isWritten,
  needsFullSync,
  outdatedNames,
  rememberConfig,
  rememberWritten,
  type ProxyMemory,
} from '../proxy-memory.ts';
import type { ServiceView } from '../service-view.ts';
import { nftFamily } from './base-table.ts';
import { buildTable } from './build-table.ts';
import { deleteStaleChains, syncCommands, TABLE } from './sync-commands.ts';

/**
 * One round in nftables mode: one transaction, done as a whole or not at all. After a failure (somebody flushed the
 * table) everything is written anew in the next round.
 */
export function syncNftables(
  ruleset: NftRuleset,
  view: ServiceView,
  config: ProxyConfig,
  memory: ProxyMemory,
  now: Micros,
): 'done' | 'failed' {
  const { family } = config;
  const kind = needsFullSync(memory, config) ? 'full' : 'partial';
  const { staleChains: stale } = memory;
  applyNftCommands(ruleset, deleteStaleChains(family, stale, now), now);
  if (kind === 'partial' && isUpToDate(memory, view)) return 'done';
  const desired = buildTable(
    view,
    config,
    (service) => kind === 'partial' && isWritten(memory, service),
  );
  const live = ruleset.tables[tableKey(nftFamily(family), TABLE)];
  const old = outdatedNames(memory, view);
  const commands = syncCommands(family, live, desired, { kind, stale, old, now });
  if (applyNftCommands(ruleset, commands, now)) {
    delete memory.writtenWith;
    for (const chain of Object.keys(stale)) delete stale[chain];
    return 'failed';
  }
  rememberWritten(memory, view, desired.namesOf);
  rememberConfig(memory, config);
  return 'done';
}
