import {
  formatLabelSelector,
  matchesLabelSelector,
  type LabelSelector,
} from '../../api/meta/label-selector.ts';
import { createPolicyEngine, type PolicyEngine } from '../create-policy-engine.ts';
import type { Direction, NormalPolicy, PodPeer } from '../normal-policy.ts';
import type { Labels, PolicyEnd, PolicyPod } from '../policy-world.ts';
import {
  joinVerdicts,
  NO_PORT,
  textOfPorts,
  verdictsOf,
  type PortVerdicts,
} from './port-verdicts.ts';

/** Pods that do not exist yet, by what somebody would have to give them to be treated so. */
export interface Newcomers {
  /** `any`; a namespace by name; or a selector as text. */
  readonly namespace: string;
  /** `any`, or a selector as text. */
  readonly pod: string;
}

/** What newcomers could do with some pods: `ingress` reach them, `egress` be reached by them, as far as these are asked. */
export interface Exposure {
  readonly direction: Direction;
  readonly newcomers: Newcomers;
  readonly ports: PortVerdicts;
}

const NAME_LABEL = 'kubernetes.io/metadata.name';
/** No namespace and no pod can be called so. */
const NOWHERE = '?';

/** The least labels that satisfy a selector; undefined when none do. */
function leastLabels(selector: LabelSelector): Labels | undefined {
  const labels: Record<string, string> = { ...selector.matchLabels };
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    if (operator === 'Exists') labels[key] ??= 'any';
    if (operator === 'In' && !values.includes(labels[key] ?? NOWHERE))
      labels[key] = values[0] ?? '';
  }
  return matchesLabelSelector(selector, labels) ? labels : undefined;
}

/** A pod that nobody has made. */
interface Draft {
  readonly newcomers: Newcomers;
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
}

const ANYONE: Draft = {
  newcomers: { namespace: 'any', pod: 'any' },
  namespace: NOWHERE,
  namespaceLabels: {},
  labels: {},
};

const textOf = (selector: LabelSelector) => formatLabelSelector(selector).replace('<none>', 'any');

/** A pod that a peer finds; undefined when no pod can be one. */
function draftOf({ namespaces, pods }: PodPeer, { world }: PolicyEngine): Draft | undefined {
  const labels = leastLabels(pods);
  if (!labels) return undefined;
  if (typeof namespaces === 'string') {
    const namespaceLabels = world.namespaces.get(namespaces) ?? { [NAME_LABEL]: namespaces };
    const newcomers = { namespace: namespaces, pod: textOf(pods) };
    return { newcomers, namespace: namespaces, namespaceLabels, labels };
  }
  const least = leastLabels(namespaces);
  if (!least) return undefined;
  const name = least[NAME_LABEL];
  const known = name === undefined ? undefined : world.namespaces.get(name);
  return {
    newcomers: { namespace: textOf(namespaces), pod: textOf(pods) },
    namespace: name ?? `${NOWHERE}${formatLabelSelector(namespaces)}`,
    namespaceLabels: { ...least, ...known },
    labels,
  };
}

const peersOf = (policies: readonly NormalPolicy[], direction: Direction): PodPeer[] =>
  policies
    .flatMap((policy) => policy[direction])
    .flatMap(({ peers = [] }) => peers.filter((peer) => peer.peer === 'pods'));

/** Anybody, and for each peer somebody whom it finds. */
function draftsOf(engine: PolicyEngine, policies: readonly NormalPolicy[], direction: Direction) {
  const drafts = new Map([[JSON.stringify(ANYONE.newcomers), ANYONE]]);
  for (const peer of peersOf(policies, direction)) {
    const draft = draftOf(peer, engine);
    if (draft) drafts.set(JSON.stringify(draft.newcomers), draft);
  }
  return [...drafts.values()];
}

function policiesOf(engine: PolicyEngine, pod: PolicyPod, direction: Direction): NormalPolicy[] {
  const { admin, network, baseline } = engine.policiesOf(pod, direction);
  return [...admin, ...network, ...baseline];
}

const podOf = ({ namespace, labels }: Draft): PolicyPod => ({
  ...{ key: `${namespace}/${NOWHERE}`, namespace, name: NOWHERE, labels, node: NOWHERE },
  ...{ isOnHostNetwork: false, addresses: [], namedPorts: [] },
});

function askFor(
  engine: PolicyEngine,
  policies: readonly NormalPolicy[],
  pod: PolicyPod,
  draft: Draft,
  direction: Direction,
): PortVerdicts {
  const world = {
    ...engine.world,
    pods: [pod],
    namespaces: new Map(engine.world.namespaces).set(draft.namespace, draft.namespaceLabels),
    policies,
  };
  const asked = createPolicyEngine(world, { isEnforcedOn: (node) => engine.isEnforcedOn(node) });
  const own: PolicyEnd = { address: pod.addresses[0] ?? '', pod };
  const other: PolicyEnd = { address: '', pod: podOf(draft) };
  const [source, destination] = direction === 'ingress' ? [other, own] : [own, other];
  return verdictsOf(asked.outcomesOfPorts(direction, source, destination));
}

/** One pod of each class, with and without enforcement. */
function differentPods(engine: PolicyEngine, pods: readonly PolicyPod[]): PolicyPod[] {
  const classes = new Map<string, PolicyPod>();
  for (const pod of pods) {
    if (pod.isOnHostNetwork) continue;
    const key = `${engine.classes.podClassOf(pod).id} ${engine.isEnforcedOn(pod.node)}`;
    if (!classes.has(key)) classes.set(key, pod);
  }
  return [...classes.values()];
}

/**
 * What pods that do not exist yet could do with these pods: first anybody, then for each peer of the rules that select the
 * pods whom it finds, where that makes a difference. The newcomers' own policies are not asked. Pods on their node's
 * network have no policies: nothing is listed for them.
 * Simplified: there is one newcomer for each peer, with the least labels that it asks for; one whom several peers find
 * together may reach more.
 */
export function exposureOf(engine: PolicyEngine, pods: readonly PolicyPod[]): Exposure[] {
  const different = differentPods(engine, pods);
  if (different.length === 0) return [];
  return (['ingress', 'egress'] as const).flatMap((direction) => {
    const asked = different.map((pod) => ({ pod, policies: policiesOf(engine, pod, direction) }));
    const all = draftsOf(
      engine,
      asked.flatMap(({ policies }) => policies),
      direction,
    );
    const [anyone, ...others] = all.map((draft): Exposure => {
      const ports = asked
        .map(({ pod, policies }) => askFor(engine, policies, pod, draft, direction))
        .reduce(joinVerdicts, NO_PORT);
      return { direction, newcomers: draft.newcomers, ports };
    });
    if (!anyone) return [];
    const usual = textOfPorts(anyone.ports);
    return [anyone, ...others.filter(({ ports }) => textOfPorts(ports) !== usual)];
  });
}
