import { applyNftCommands } from '../../../linux/netfilter/nft/apply-commands.ts';
import type { NftCommand } from '../../../linux/netfilter/nft/command.ts';
import { tableKey, type NftRuleset } from '../../../linux/netfilter/nft/model.ts';
import type { NetworkNamespace } from '../../../linux/network.ts';
import type { IpFamily } from '../../kube-proxy/proxy-config.ts';
import type { PolicyRound } from '../policy-round.ts';
import { buildTable } from './build-table.ts';
import { TABLE } from './names.ts';
import { syncCommands, type TableName } from './sync-commands.ts';

function write(ruleset: NftRuleset, commands: readonly NftCommand[], { now }: PolicyRound) {
  return commands.length === 0 ? undefined : applyNftCommands(ruleset, commands, now);
}

function syncFamily(ruleset: NftRuleset, family: IpFamily, round: PolicyRound): void {
  const at: TableName =
    family === 'IPv4' ? { family: 'ip', table: TABLE } : { family: 'ip6', table: TABLE };
  const key = tableKey(at.family, TABLE);
  const desired = buildTable(round.plan, round.view, family === 'IPv4' ? 4 : 6);
  const live = ruleset.tables[key];
  const deletion: NftCommand = { ...at, verb: 'delete', object: 'table' };
  if (!desired) {
    if (live) write(ruleset, [deletion], round);
    return;
  }
  const problem = write(ruleset, syncCommands(at, live, desired), round);
  // Somebody has changed the table so that what is wanted does not fit: it is made anew.
  if (problem && live) write(ruleset, [deletion, ...syncCommands(at, undefined, desired)], round);
}

/**
 * One round with nftables, for the families that the cluster speaks: a table of our own in each, which is there while pods
 * of this node have policies. Each is one transaction, of what changed alone.
 */
export function syncPolicies({ nftables }: NetworkNamespace, round: PolicyRound): void {
  for (const family of round.families) syncFamily(nftables, family, round);
}
