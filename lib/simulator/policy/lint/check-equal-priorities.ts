import { LAST_PORT, PROTOCOLS } from '../engine/port-spans.ts';
import type { Direction, NormalPolicy } from '../normal-policy.ts';
import type { PolicyProtocol } from '../policy-protocol.ts';
import type { PolicyEnd, PolicyFlow, PolicyPod } from '../policy-world.ts';
import type { PolicyFinding } from '../verdict.ts';
import type { Lint } from './lint-context.ts';
import type { LintFinding } from './lint-finding.ts';
import { code, nameOf } from './say.ts';

type Engine = Lint['engine'];

/** Policies of the whole cluster that have their tier and priority in common with another. */
function equalsOf({ world }: Engine): readonly NormalPolicy[] {
  const isEqual = (a: NormalPolicy, b: NormalPolicy) =>
    a !== b && a.tier === b.tier && a.priority === b.priority;
  const clusterWide = world.policies.filter(({ tier }) => tier !== 'network');
  return clusterWide.filter((policy) => clusterWide.some((other) => isEqual(policy, other)));
}

/** One end of every kind that policies know. */
function endsOf(engine: Engine): readonly PolicyEnd[] {
  const { pods, nodes } = engine.world;
  const all: PolicyEnd[] = [
    ...pods
      .filter(({ isOnHostNetwork }) => !isOnHostNetwork)
      .flatMap((pod) => pod.addresses.slice(0, 1).map((address) => ({ address, pod }))),
    ...nodes.flatMap((node) => node.addresses.slice(0, 1).map((address) => ({ address, node }))),
    ...[...engine.addressRanges(4), ...engine.addressRanges(6)].map(({ first }) =>
      engine.endOf(first),
    ),
  ];
  const first = new Map<number, PolicyEnd>();
  for (const end of all) if (!first.has(engine.classOf(end))) first.set(engine.classOf(end), end);
  return [...first.values()];
}

/** Connections between two ends that equal policies disagree about: one of them, and which ports all of them have. */
interface Disputed {
  readonly flow: PolicyFlow;
  readonly ports: string;
}

function sayPorts(protocol: PolicyProtocol, first: number, last: number): string {
  if (first === 1 && last === LAST_PORT) return `${protocol} on every port`;
  return first === last ? `${protocol} ${first}` : `${protocol} ${first} to ${last}`;
}

function disputed(
  engine: Engine,
  direction: Direction,
  source: PolicyEnd,
  destination: PolicyEnd,
): Disputed | undefined {
  const outcomes = engine.outcomesOfPorts(direction, source, destination);
  for (const protocol of PROTOCOLS) {
    const { starts, outcomes: found } = outcomes[protocol];
    const at = found.indexOf('undecidable');
    const port = starts[at];
    if (port === undefined) continue;
    const ports = sayPorts(protocol, port, (starts[at + 1] ?? LAST_PORT + 1) - 1);
    return { flow: { source, destination, protocol, port }, ports };
  }
  return undefined;
}

const textOf = ({ pod, node, address }: PolicyEnd) => code(pod?.key ?? node?.name ?? address);

interface Dispute {
  readonly findings: readonly PolicyFinding[];
  readonly about: Disputed;
}

/** Findings of one tier and priority that say different things. */
function disputesOf(engine: Engine, direction: Direction, about: Disputed): Dispute[] {
  const priorities = new Map(
    engine.world.policies.map(({ ref, tier, priority }) => [nameOf(ref), `${tier} ${priority}`]),
  );
  const groups = new Map<string, PolicyFinding[]>();
  for (const finding of engine.explain(about.flow)[direction].policies) {
    const key = priorities.get(nameOf(finding.policy));
    if (!finding.isDeciding || key === undefined) continue;
    const group = groups.get(key) ?? [];
    group.push(finding);
    groups.set(key, group);
  }
  return [...groups.values()]
    .filter((findings) => new Set(findings.map(({ word }) => said(word))).size > 1)
    .map((findings) => ({ findings, about }));
}

/** v1alpha1 says Allow where v1alpha2 says Accept. */
const said = (word: PolicyFinding['word']) => (word === 'Allow' ? 'Accept' : word);

function tell(
  { findings, about: { flow, ports } }: Dispute,
  policies: readonly NormalPolicy[],
): LintFinding[] {
  const [first, ...others] = findings;
  if (!first) return [];
  const priority = policies.find(({ ref }) => nameOf(ref) === nameOf(first.policy))?.priority ?? 0;
  const words = findings
    .map(
      ({ policy, word, rule }) =>
        `${code(nameOf(policy))} says ${word} (${code(rule?.path ?? '')})`,
    )
    .join(', ');
  return [
    {
      check: 'equal-priorities',
      severity: 'warning',
      policy: first.policy,
      others: others.map(({ policy }) => policy),
      path: '.spec.priority',
      sentence: `Policies of priority ${priority} disagree about connections from ${textOf(flow.source)} to ${textOf(flow.destination)}, ${ports}: ${words}.`,
      why: 'The API takes policies of equal priority, and leaves it open which of them counts where both match: another cluster may do it the other way round. Give them different priorities.',
    },
  ];
}

/** Every connection that one of the subjects has with one of the ends, once for each direction. */
function* pairsOf(ends: readonly PolicyEnd[], subjects: ReadonlySet<PolicyPod>) {
  for (const own of ends) {
    if (!own.pod || !subjects.has(own.pod)) continue;
    for (const other of ends) {
      yield ['ingress', other, own] as const;
      yield ['egress', own, other] as const;
    }
  }
}

/** Simplified: of more than 200 disputed connections the first are looked into, so that some pairs of policies may go unnamed. */
const LOOKED_INTO = 200;

/** Policies of equal tier and priority that disagree about some connection; each pair is named once. */
export function checkEqualPriorities({ engine }: Lint): readonly LintFinding[] {
  const equals = equalsOf(engine);
  if (equals.length === 0) return [];
  const ends = endsOf(engine);
  const subjects = new Set(equals.flatMap(({ subject }) => engine.podsOf(subject)));
  const found = new Map<string, Dispute>();
  let left = LOOKED_INTO;
  for (const [direction, source, destination] of pairsOf(ends, subjects)) {
    const about = disputed(engine, direction, source, destination);
    if (!about) continue;
    for (const dispute of disputesOf(engine, direction, about)) {
      const key = dispute.findings.map(({ policy }) => nameOf(policy)).join();
      if (!found.has(key)) found.set(key, dispute);
    }
    left -= 1;
    if (left === 0) break;
  }
  return [...found.values()].flatMap((dispute) => tell(dispute, equals));
}
