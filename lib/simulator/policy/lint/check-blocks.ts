import { cidrContains } from '../../base/cidr.ts';
import type { NetworkPeer, NormalPolicy } from '../normal-policy.ts';
import { isInside } from './blocks.ts';
import { askedRules, type DirectedRule, type Lint, type PolicyCheck } from './lint-context.ts';
import type { LintFinding } from './lint-finding.ts';
import { code, counted, some } from './say.ts';

/** One prefix of a peer, and where it stands. */
interface Block {
  readonly cidr: string;
  readonly path: string;
  readonly holds: (address: string) => boolean;
}

const blocksOf = ({ ref }: NormalPolicy, { path, cidrs, except }: NetworkPeer): Block[] =>
  cidrs.map((cidr, i) => ({
    cidr,
    path: ref.kind === 'NetworkPolicy' ? `${path}.ipBlock.cidr` : `${path}.networks[${i}]`,
    holds: (address) =>
      cidrContains(cidr, address) && !except.some((hole) => cidrContains(hole, address)),
  }));

const isOneOf = (cidr: string, ranges: readonly string[]) =>
  ranges.some((range) => isInside(cidr, range));

const about = (
  check: LintFinding['check'],
  severity: LintFinding['severity'],
  { ref }: NormalPolicy,
  { path }: Block,
) => ({ check, severity, policy: ref, others: [], path });

/** Addresses of Services: nobody has them where policies look. */
function checkServices(policy: NormalPolicy, block: Block, { context }: Lint): LintFinding[] {
  if (!isOneOf(block.cidr, context.serviceRanges)) return [];
  const held = context.services.filter(({ addresses }) => addresses.some(block.holds));
  const whose = held.length > 0 ? ` (${some(held.map(({ key }) => key))})` : '';
  return [
    {
      ...about('block-holds-services', 'warning', policy, block),
      sentence: `${code(block.cidr)} is among the addresses of Services${whose}, and no connection is found by it.`,
      why: "Policies look at packets behind kube-proxy: there the address of a Service has become that of one of its pods. Select the Service's pods by their labels, on the port that the pods listen on.",
    },
  ];
}

/** Addresses of pods: they change, or they are let through with the rest of the world. */
function checkPods(
  policy: NormalPolicy,
  { rule }: DirectedRule,
  block: Block,
  { engine, context }: Lint,
): LintFinding[] {
  const held = engine.world.pods.filter(
    ({ isOnHostNetwork, addresses }) => !isOnHostNetwork && addresses.some(block.holds),
  );
  if (isOneOf(block.cidr, context.podRanges)) {
    const whose = held.length > 0 ? ` (now ${some(held.map(({ key }) => key))})` : '';
    return [
      {
        ...about('block-holds-pods', 'warning', policy, block),
        sentence: `${code(block.cidr)} is among the addresses of pods${whose}.`,
        why: 'A pod gets another address whenever it is made anew, and its old one goes to somebody else. Select pods by labels; blocks are for what is outside the cluster.',
      },
    ];
  }
  if (held.length === 0 || rule.action !== 'accept') return [];
  return [
    {
      ...about('block-holds-pods', 'note', policy, block),
      sentence: `${code(block.cidr)} holds the addresses of ${counted(held.length, 'pod')} of this cluster, too.`,
      why:
        policy.ref.kind === 'NetworkPolicy'
          ? `A block is about addresses, whoever has them. Where only what is outside is meant, leave the pods out: ${code(`except: [${context.podRanges.join(', ')}]`)}.`
          : 'A network is about addresses, whoever has them. Where only what is outside is meant, put a rule before this one that says what happens to the pods.',
    },
  ];
}

/** Blocks of addresses that hold the cluster's own. */
export const checkBlocks: PolicyCheck = (policy, lint) =>
  askedRules(policy).flatMap((directed) =>
    (directed.rule.peers ?? [])
      .filter((peer): peer is NetworkPeer => peer.peer === 'networks')
      .flatMap((peer) => blocksOf(policy, peer))
      .flatMap((block) => [
        ...checkServices(policy, block, lint),
        ...checkPods(policy, directed, block, lint),
      ]),
  );
