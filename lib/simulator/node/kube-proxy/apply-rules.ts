import { normalizeRule } from '../../linux/netfilter/normalize-rule.ts';
import type {
  Match,
  NetfilterHook,
  NetfilterTable,
  Rule,
  Ruleset,
} from '../../linux/netfilter/rule.ts';
import {
  deleteUnusedChains,
  ensureChain,
  ensureRuleFirst,
  ensureTable,
  replaceChain,
} from '../../linux/netfilter/ruleset.ts';
import { isServiceChain } from './chain-names.ts';
import { comment, jump, type ProxyRules } from './proxy-rules.ts';

interface JumpChain {
  readonly table: NetfilterTable;
  readonly to: string;
  readonly from: NetfilterHook;
  readonly comment?: string;
  readonly state?: 'NEW';
}

const EXTERNAL = 'kubernetes externally-visible service portals';
const PORTALS = 'kubernetes service portals';
const FIREWALL = 'kubernetes load balancer firewall';

/**
 * iptablesKubeletJumpChains and iptablesJumpChains of proxier.go. Each is put first, so that the last one stands on top;
 * those of the kubelet come first here, as on a real node it has written them before kube-proxy starts.
 */
const JUMPS: readonly JumpChain[] = [
  { table: 'filter', to: 'KUBE-FIREWALL', from: 'INPUT' },
  { table: 'filter', to: 'KUBE-FIREWALL', from: 'OUTPUT' },
  { table: 'filter', to: 'KUBE-EXTERNAL-SERVICES', from: 'INPUT', comment: EXTERNAL, state: 'NEW' },
  {
    table: 'filter',
    to: 'KUBE-EXTERNAL-SERVICES',
    from: 'FORWARD',
    comment: EXTERNAL,
    state: 'NEW',
  },
  {
    table: 'filter',
    to: 'KUBE-NODEPORTS',
    from: 'INPUT',
    comment: 'kubernetes health check service ports',
  },
  { table: 'filter', to: 'KUBE-SERVICES', from: 'FORWARD', comment: PORTALS, state: 'NEW' },
  { table: 'filter', to: 'KUBE-SERVICES', from: 'OUTPUT', comment: PORTALS, state: 'NEW' },
  { table: 'filter', to: 'KUBE-FORWARD', from: 'FORWARD', comment: 'kubernetes forwarding rules' },
  { table: 'filter', to: 'KUBE-PROXY-FIREWALL', from: 'INPUT', comment: FIREWALL, state: 'NEW' },
  { table: 'filter', to: 'KUBE-PROXY-FIREWALL', from: 'OUTPUT', comment: FIREWALL, state: 'NEW' },
  { table: 'filter', to: 'KUBE-PROXY-FIREWALL', from: 'FORWARD', comment: FIREWALL, state: 'NEW' },
  { table: 'nat', to: 'KUBE-SERVICES', from: 'OUTPUT', comment: PORTALS },
  { table: 'nat', to: 'KUBE-SERVICES', from: 'PREROUTING', comment: PORTALS },
  {
    table: 'nat',
    to: 'KUBE-POSTROUTING',
    from: 'POSTROUTING',
    comment: 'kubernetes postrouting rules',
  },
];

/** An empty chain whose absence tells kube-proxy that somebody flushed the tables. */
const CANARY = 'KUBE-PROXY-CANARY';

function jumpRule({ to, comment: text, state }: JumpChain): Rule {
  const conntrack: Match[] = state ? [{ match: 'conntrack-state', states: [state] }] : [];
  const about: Match[] = text === undefined ? [] : [comment(text)];
  return { matches: [...conntrack, ...about], target: jump(to) };
}

/** Each with its rule, which all nodes share. */
const JUMP_RULES = JUMPS.map((chain) => ({ ...chain, rule: jumpRule(chain) }));

/** The chains of kube-proxy that others jump to, and those jumps: what does not depend on any Service. */
export function ensureJumps(ruleset: Ruleset): void {
  for (const { table, to, from, rule } of JUMP_RULES) {
    ensureChain(ruleset, table, to);
    ensureRuleFirst(ruleset, table, from, rule);
  }
  for (const table of ['mangle', 'nat', 'filter'] as const) ensureChain(ruleset, table, CANARY);
}

/**
 * Service chains that nothing needs any more: emptied first, as they jump to one another.
 * Simplified: a jump to them that somebody else has put into the chain of another Service is not found, and leads nowhere.
 */
function deleteStaleChains(ruleset: Ruleset, stale: readonly string[]): void {
  if (stale.length === 0) return;
  for (const chain of stale) replaceChain(ruleset, 'nat', chain, []);
  deleteUnusedChains(ruleset, 'nat', stale, (chain) => !isServiceChain(chain));
}

/** All chains of Services that are there. */
export const liveServiceChains = (ruleset: Ruleset) =>
  Object.keys(ensureTable(ruleset, 'nat').chains).filter(isServiceChain);

/** Lists that nodes share, as the kernel keeps them: known again, they need not be read again. */
const normalLists = new WeakMap<readonly Rule[], readonly Rule[]>();

function normalList(list: readonly Rule[]): readonly Rule[] {
  const known = normalLists.get(list) ?? list.map(normalizeRule);
  normalLists.set(list, known);
  return known;
}

/**
 * Makes a node's ruleset say what `rules` say. Touches chains of kube-proxy only, and the jumps to them. `old`: chains
 * of Services that go unless the rules have them.
 */
export function applyRules(
  ruleset: Ruleset,
  rules: ProxyRules,
  old: readonly string[] = liveServiceChains(ruleset),
): void {
  ensureJumps(ruleset);
  for (const table of ['filter', 'nat'] as const) {
    for (const [chain, list] of rules[table]) replaceChain(ruleset, table, chain, normalList(list));
  }
  for (const [chain, list] of rules.own) replaceChain(ruleset, 'nat', chain, normalList(list));
  deleteStaleChains(
    ruleset,
    old.filter((chain) => !rules.own.has(chain)),
  );
}
