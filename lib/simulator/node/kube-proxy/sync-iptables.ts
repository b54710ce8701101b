import type { Ruleset } from '../../linux/netfilter/rule.ts';
import { applyRules, liveServiceChains } from './apply-rules.ts';
import { buildRules, commentStyle } from './build-rules.ts';
import type { ProxyConfig } from './proxy-config.ts';
import {
  isUpToDate,
  isWritten,
  needsFullSync,
  outdatedNames,
  rememberConfig,
  rememberWritten,
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
  if (!isFull && isUpToDate(memory, view)) return;
  const rules = buildRules(view, config, (service) => !isFull && isWritten(memory, service));
  applyRules(ruleset, rules, isFull ? liveServiceChains(ruleset) : outdatedNames(memory, view));
  rememberWritten(memory, view, rules.chainsOf);
  rememberConfig(memory, config, comments);
}
