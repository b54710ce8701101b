import { cidrContains } from '../../base/cidr.ts';
import type { NetworkPeer, NormalPolicy } from '../normal-policy.ts';
import type { PolicyPod } from '../policy-world.ts';
import { isInside } from './blocks.ts';
import { askedRules, type DirectedRule, type Lint, type PolicyCheck } from './lint-context.ts';
import type { LintFinding } from './lint-finding.ts';
import { podsInside } from './pods-by-address.ts';
import { code, counted, some } from './say.ts';

/** One prefix of a peer, and where it stands. */
interface Block {
  readonly cidr: string;
  readonly path: string;
  readonly except: readonly string[];
}

/** Blocks of one rule that are alike. */
type Group = readonly [Block, ...Block[]];

const blocksOf = ({ ref }: NormalPolicy, { path, cidrs, except }: NetworkPeer): Block[] =>
  cidrs.map((cidr, i) => ({
    cidr,
    except,
    path: ref.kind === 'NetworkPolicy' ? `${path}.ipBlock.cidr` : `${path}.networks[${i}]`,
  }));

const isOneOf = (cidr: string, ranges: readonly string[]) =>
  ranges.some((range) => isInside(cidr, range));

const isLeftOut = ({ except }: Block, address: string) =>
  except.some((hole) => cidrContains(hole, address));

const podsOf = (blocks: readonly Block[], { engine }: Lint): readonly PolicyPod[] => [
  ...new Set(
    blocks.flatMap((block) =>
      podsInside(block.cidr, engine.world).filter(({ addresses }) =>
        addresses.some(
          (address) => cidrContains(block.cidr, address) && !isLeftOut(block, address),
        ),
      ),
    ),
  ),
];

const about = (
  check: LintFinding['check'],
  severity: LintFinding['severity'],
  { ref }: NormalPolicy,
  [{ path }]: Group,
) => ({ check, severity, policy: ref, others: [], path });

const named = (blocks: Group) => some(blocks.map(({ cidr }) => cidr));

const verb = (blocks: Group, one: string, many: string) => (blocks.length === 1 ? one : many);

/** Addresses of Services: nobody has them where policies look. */
function tellServices(policy: NormalPolicy, blocks: Group, { context }: Lint): LintFinding {
  const held = context.services.filter(({ addresses }) =>
    addresses.some((address) =>
      blocks.some((block) => cidrContains(block.cidr, address) && !isLeftOut(block, address)),
    ),
  );
  const whose = held.length > 0 ? ` (${some(held.map(({ key }) => key))})` : '';
  return {
    ...about('block-holds-services', 'warning', policy, blocks),
    sentence: `${named(blocks)} ${verb(blocks, 'is', 'are')} among the addresses of Services${whose}, and no connection is found by ${verb(blocks, 'it', 'them')}.`,
    why: "Policies look at packets behind kube-proxy: there the address of a Service has become that of one of its pods. Select the Service's pods by their labels, on the port that the pods listen on.",
  };
}

function tellPods(policy: NormalPolicy, blocks: Group, lint: Lint): LintFinding {
  const held = podsOf(blocks, lint);
  const whose = held.length > 0 ? ` (now ${some(held.map(({ key }) => key))})` : '';
  return {
    ...about('block-holds-pods', 'warning', policy, blocks),
    sentence: `${named(blocks)} ${verb(blocks, 'is', 'are')} among the addresses of pods${whose}.`,
    why: 'A pod gets another address whenever it is made anew, and its old one goes to somebody else. Select pods by labels; blocks are for what is outside the cluster.',
  };
}

function tellWide(policy: NormalPolicy, blocks: Group, lint: Lint): LintFinding {
  const { context } = lint;
  return {
    ...about('block-holds-pods', 'note', policy, blocks),
    sentence: `${named(blocks)} ${verb(blocks, 'holds', 'hold')} the addresses of ${counted(podsOf(blocks, lint).length, 'pod')} of this cluster, too.`,
    why:
      policy.ref.kind === 'NetworkPolicy'
        ? `A block is about addresses, whoever has them. Where only what is outside is meant, leave the pods out: ${code(`except: [${context.podRanges.join(', ')}]`)}.`
        : 'A network is about addresses, whoever has them. Where only what is outside is meant, put a rule before this one that says what happens to the pods.',
  };
}

const isGroup = (blocks: readonly Block[]): blocks is Group => blocks.length > 0;

function checkRule(policy: NormalPolicy, { rule }: DirectedRule, lint: Lint): LintFinding[] {
  const { serviceRanges, podRanges } = lint.context;
  const blocks = (rule.peers ?? [])
    .filter((peer): peer is NetworkPeer => peer.peer === 'networks')
    .flatMap((peer) => blocksOf(policy, peer));
  const ofServices = blocks.filter(({ cidr }) => isOneOf(cidr, serviceRanges));
  const ofPods = blocks.filter(({ cidr }) => isOneOf(cidr, podRanges));
  const wide =
    rule.action === 'accept'
      ? blocks.filter(
          (block) => !isOneOf(block.cidr, podRanges) && podsOf([block], lint).length > 0,
        )
      : [];
  return [
    ...(isGroup(ofServices) ? [tellServices(policy, ofServices, lint)] : []),
    ...(isGroup(ofPods) ? [tellPods(policy, ofPods, lint)] : []),
    ...(isGroup(wide) ? [tellWide(policy, wide, lint)] : []),
  ];
}

/** Blocks of addresses that hold the cluster's own; of the blocks of one rule all that are alike are told together. */
export const checkBlocks: PolicyCheck = (policy, lint) =>
  askedRules(policy).flatMap((directed) => checkRule(policy, directed, lint));
