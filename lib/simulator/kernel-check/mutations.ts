import type { Network, NetworkNamespace } from '../linux/network.ts';
import type { Rule, Ruleset } from '../linux/netfilter/rule.ts';

/**
 * Simulators that are broken on purpose: each is the simulated cluster with one thing changed behind its back, after the
 * kernel has got the right one. Probes must tell them from the kernel, or the comparison would prove little.
 */
export type MutationName =
  | 'no-masquerade'
  | 'new-never-matches'
  | 'reject-as-drop'
  | 'wrong-tunnel-source'
  | 'bridge-bypass';

/** The rules for which `change` gives something else, or (undefined) nothing at all. */
function changeRules(ruleset: Ruleset, change: (rule: Rule) => Rule | undefined): void {
  for (const table of Object.values(ruleset.tables)) {
    for (const { rules } of Object.values(table.chains)) {
      rules.splice(0, rules.length, ...rules.flatMap((rule) => change(rule) ?? []));
    }
  }
}

const isMasquerade = ({ target }: Rule) => target.target === 'MASQUERADE';

const asksForNew = ({ matches }: Rule) =>
  matches.some((match) => match.match === 'conntrack-state' && match.states.includes('NEW'));

const rejectAsDrop = (rule: Rule): Rule =>
  rule.target.target === 'REJECT' ? { ...rule, target: { target: 'DROP' } } : rule;

const eachRuleset =
  (change: (rule: Rule) => Rule | undefined) =>
  ({ namespaces }: Network): void => {
    for (const { ruleset, ruleset6 } of Object.values(namespaces)) {
      changeRules(ruleset, change);
      changeRules(ruleset6, change);
    }
  };

/** The tunnel device has the address of the bridge: what is masqueraded into the tunnel has the wrong source. */
function giveTunnelAnotherAddress({ links, routes }: NetworkNamespace): void {
  const bridge = Object.values(links).find(({ kind }) => kind === 'bridge');
  const [address] = bridge?.addresses ?? [];
  for (const link of Object.values(links)) {
    if (link.kind !== 'vxlan' || !address) continue;
    link.addresses.splice(0, link.addresses.length, { ...address, prefix: 32 });
    for (const [index, { source, ...route }] of routes.entries()) {
      if (route.device === link.name && source !== undefined) routes[index] = route;
    }
  }
}

export const MUTATIONS: Readonly<Record<MutationName, (network: Network) => void>> = {
  'no-masquerade': eachRuleset((rule) => (isMasquerade(rule) ? undefined : rule)),
  'new-never-matches': eachRuleset((rule) => (asksForNew(rule) ? undefined : rule)),
  'reject-as-drop': eachRuleset(rejectAsDrop),
  'wrong-tunnel-source': ({ namespaces }) => {
    for (const namespace of Object.values(namespaces)) giveTunnelAnotherAddress(namespace);
  },
  'bridge-bypass': ({ namespaces }) => {
    for (const { sysctls } of Object.values(namespaces)) {
      sysctls['bridge.bridge-nf-call-iptables'] = '0';
      sysctls['bridge.bridge-nf-call-ip6tables'] = '0';
    }
  },
};
