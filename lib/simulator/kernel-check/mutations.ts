import type { Cluster } from '../cluster.ts';
import type { NetworkNamespace } from '../linux/network.ts';
import type { NftRule } from '../linux/netfilter/nft/model.ts';
import type { NftStatement } from '../linux/netfilter/nft/statement.ts';
import type { Rule } from '../linux/netfilter/rule.ts';
import {
  acceptInsteadOfPass,
  editPolicies,
  forgetPolicies,
  ignoreExceptions,
  nameOnePort,
  swapDirections,
} from './policy-mutations.ts';
import type { PlanOptions } from './random-cluster.ts';

/**
 * Simulators that are broken on purpose: each is the simulated cluster with one thing changed behind its back, after the
 * kernel has got the right one. Probes must tell them from the kernel, or the comparison would prove little.
 */
export type MutationName =
  | 'no-masquerade'
  | 'new-never-matches'
  | 'reject-as-drop'
  | 'wrong-tunnel-source'
  | 'bridge-bypass'
  | PolicyMutationName;

/** Broken policy agents, for clusters with policies. */
type PolicyMutationName =
  | 'policies-ignored'
  | 'directions-swapped'
  | 'exceptions-ignored'
  | 'named-port-of-another-pod'
  | 'established-not-accepted'
  | 'pass-taken-for-accept';

/** What becomes of each rule; undefined: it goes. */
interface RuleChange {
  readonly iptables: (rule: Rule) => Rule | undefined;
  readonly nft: (rule: NftRule) => NftRule | undefined;
}

/** In place: lists of rules are kept. */
function replaceEach<T>(rules: T[], change: (rule: T) => T | undefined): void {
  rules.splice(0, rules.length, ...rules.flatMap((rule) => change(rule) ?? []));
}

const eachRule =
  (change: RuleChange) =>
  ({ network: { namespaces } }: Cluster): void => {
    for (const { ruleset, ruleset6, nftables } of Object.values(namespaces)) {
      for (const { tables } of [ruleset, ruleset6]) {
        for (const { chains } of Object.values(tables)) {
          for (const { rules } of Object.values(chains)) replaceEach(rules, change.iptables);
        }
      }
      for (const { chains } of Object.values(nftables.tables)) {
        for (const { rules } of Object.values(chains)) replaceEach(rules, change.nft);
      }
    }
  };

const withoutMasquerade: RuleChange = {
  iptables: (rule) => (rule.target.target === 'MASQUERADE' ? undefined : rule),
  nft: (rule) =>
    rule.statements.some(({ statement }) => statement === 'masquerade') ? undefined : rule,
};

const isNew = (statement: NftStatement) =>
  statement.statement === 'match' &&
  statement.left.expression === 'ct' &&
  statement.left.key === 'state' &&
  JSON.stringify(statement.right).includes('new');

const withoutNew: RuleChange = {
  iptables: (rule) =>
    rule.matches.some((match) => match.match === 'conntrack-state' && match.states.includes('NEW'))
      ? undefined
      : rule,
  nft: (rule) => (rule.statements.some(isNew) ? undefined : rule),
};

const isEstablished = (statement: NftStatement) =>
  statement.statement === 'match' &&
  statement.left.expression === 'ct' &&
  statement.left.key === 'state' &&
  JSON.stringify(statement.right).includes('established');

const withoutEstablished: RuleChange = {
  iptables: (rule) =>
    rule.matches.some(
      (match) => match.match === 'conntrack-state' && match.states.includes('ESTABLISHED'),
    )
      ? undefined
      : rule,
  nft: (rule) => (rule.statements.some(isEstablished) ? undefined : rule),
};

const dropInsteadOfReject: RuleChange = {
  iptables: (rule) =>
    rule.target.target === 'REJECT' ? { ...rule, target: { target: 'DROP' } } : rule,
  nft: (rule) => ({
    ...rule,
    statements: rule.statements.map((statement) =>
      statement.statement === 'reject'
        ? { statement: 'verdict', verdict: { verdict: 'drop' } }
        : statement,
    ),
  }),
};

/** A tunnel device has the address of the bridge: what is masqueraded into the tunnel has the wrong source. */
function giveTunnelAnotherAddress({ links, routes }: NetworkNamespace): void {
  const bridge = Object.values(links).find(({ kind }) => kind === 'bridge');
  for (const link of Object.values(links)) {
    const isV6 = link.addresses.some(({ address }) => address.includes(':'));
    const address = bridge?.addresses.find((each) => each.address.includes(':') === isV6);
    if (link.kind !== 'vxlan' || !address) continue;
    link.addresses.splice(0, link.addresses.length, { ...address, prefix: isV6 ? 128 : 32 });
    for (const [index, { source, ...route }] of routes.entries()) {
      if (route.device === link.name && source !== undefined) routes[index] = route;
    }
  }
}

type Mutation = (cluster: Cluster) => void;

export const MUTATIONS: Readonly<Record<MutationName, Mutation>> = {
  'no-masquerade': eachRule(withoutMasquerade),
  'new-never-matches': eachRule(withoutNew),
  'reject-as-drop': eachRule(dropInsteadOfReject),
  'wrong-tunnel-source': ({ network }) => {
    for (const namespace of Object.values(network.namespaces)) giveTunnelAnotherAddress(namespace);
  },
  'bridge-bypass': ({ network }) => {
    for (const { sysctls } of Object.values(network.namespaces)) {
      sysctls['bridge.bridge-nf-call-iptables'] = '0';
      sysctls['bridge.bridge-nf-call-ip6tables'] = '0';
    }
  },
  'policies-ignored': forgetPolicies,
  'directions-swapped': editPolicies(swapDirections),
  'exceptions-ignored': editPolicies(ignoreExceptions),
  'named-port-of-another-pod': editPolicies(nameOnePort),
  'established-not-accepted': eachRule(withoutEstablished),
  'pass-taken-for-accept': editPolicies(acceptInsteadOfPass),
};

const OF_POLICIES: readonly MutationName[] = [
  'policies-ignored',
  'directions-swapped',
  'exceptions-ignored',
  'named-port-of-another-pod',
  'established-not-accepted',
  'pass-taken-for-accept',
];

/** The mutations that mean something in such clusters: the tunnel's source nothing without a tunnel. */
export function mutationsFor({
  cni,
  policies,
}: Pick<PlanOptions, 'cni' | 'policies'>): MutationName[] {
  if (policies === 'random') return [...OF_POLICIES];
  const names = (Object.keys(MUTATIONS) as MutationName[]).filter(
    (name) => !OF_POLICIES.includes(name),
  );
  return names.filter((name) => name !== 'wrong-tunnel-source' || cni === 'vxlan');
}
