import type { Ruleset } from '../../linux/netfilter/rule.ts';
import { applyRules, liveServiceChains } from './apply-rules.ts';
import { buildRules, commentStyle } from './build-rules.ts';
import type { ProxyConfig } from './proxy-config.ts';
import {
  needsFullSync,
  outdatedNames,
  outdatedServices,
  rememberConfig,
  rememberWritten,
  writtenView,
  type ProxyMemory,
} from './proxy-memory.ts';
import type { ServiceView } from './service-view.ts';

/** One round in iptables mode: the chains that all Services share, and those of Services that changed. */
export function syncIptables(
  ruleset: Ruleset,
  view: ServiceView,
  config: ProxyConfig,
  memory: ProxyMemory,
): void {
  const comments = commentStyle(view);
  const isFull = needsFullSync(memory, config, comments);
  const changes = outdatedServices(memory, view);
  if (!isFull && changes.length === 0) return;
  const written = isFull ? view.services : changes.flatMap(({ now }) => now ?? []);
  const rules = buildRules(view, config, written, writtenView(memory));
  applyRules(ruleset, rules, isFull ? liveServiceChains(ruleset) : outdatedNames(memory, changes));
  rememberWritten(memory, view, changes, rules.chainsOf);
  rememberConfig(memory, config, comments);
}
