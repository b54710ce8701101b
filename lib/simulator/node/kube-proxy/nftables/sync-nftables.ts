import type { Micros } from '../../../base/clock.ts';
import { applyNftCommands } from '../../../linux/netfilter/nft/apply-commands.ts';
import { tableKey, type NftRuleset } from '../../../linux/netfilter/nft/model.ts';
import type { ProxyConfig } from '../proxy-config.ts';
import {
  needsFullSync,
  outdatedNames,
  outdatedPlaces,
  outdatedServices,
  rememberConfig,
  rememberWritten,
  writtenView,
  type ProxyMemory,
} from '../proxy-memory.ts';
import type { ServiceView } from '../service-view.ts';
import type { ServiceChange } from '../view-changes.ts';
import { nftFamily } from './base-table.ts';
import { buildChanges, buildTable, type DesiredTable } from './build-table.ts';
import { deleteStaleChains, syncCommands, TABLE, type SyncKind } from './sync-commands.ts';

function desiredTable(
  kind: SyncKind,
  view: ServiceView,
  config: ProxyConfig,
  memory: ProxyMemory,
  changes: readonly ServiceChange[],
): DesiredTable {
  if (kind === 'full') return buildTable(view, config);
  const oldPlaces = outdatedPlaces(memory, changes);
  return buildChanges(view, config, { changes, oldPlaces, before: writtenView(memory) });
}

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
  const changes = outdatedServices(memory, view);
  if (kind === 'partial' && changes.length === 0) return 'done';
  const desired = desiredTable(kind, view, config, memory, changes);
  const live = ruleset.tables[tableKey(nftFamily(family), TABLE)];
  const old = outdatedNames(memory, changes);
  const commands = syncCommands(family, live, desired, { kind, stale, old, now });
  if (applyNftCommands(ruleset, commands, now)) {
    delete memory.writtenWith;
    for (const chain of Object.keys(stale)) delete stale[chain];
    return 'failed';
  }
  rememberWritten(memory, view, changes, desired.namesOf);
  rememberConfig(memory, config);
  return 'done';
}
