import type { ObjectRef } from '../base/object-ref.ts';
import type { EvaluatedRule, Step } from './step.ts';

/** Whose policies were asked: those of the pod that sends, or of the pod that receives. */
export type PolicyDirection = 'ingress' | 'egress';

/** What policies said to a packet: a NetworkPolicy admits or does not, cluster policies use the words of their API. */
export type PolicySays = 'Admits' | 'Does not admit' | 'Accept' | 'Allow' | 'Deny' | 'Pass';

/** A place in a policy, 0-based: `.spec.ingress[0].from[1]` is rule 0, peer 1. */
export interface PolicyRulePlace {
  readonly rule?: number;
  readonly peer?: number;
}

/** What the policies of one pod decided at a hook, read from the rules that matched. */
export interface PolicyDecision {
  readonly direction: PolicyDirection;
  readonly says: PolicySays;
  /** The policy that decided; of several that do not admit, the first. `detail` is the path in its YAML. */
  readonly because: ObjectRef;
  readonly at: PolicyRulePlace;
  /** The pod whose policies were asked: `namespace/name`. */
  readonly pod?: string;
  /** Names of the NetworkPolicies that isolate the pod in this direction, in the order in which they were asked. */
  readonly isolating: readonly string[];
  /** The rules that matched and were written because of this pod or a policy, up to the one that decided. */
  readonly rules: readonly EvaluatedRule[];
  readonly deciding: EvaluatedRule;
}

const PLACE =
  /^(?:(Accept|Allow|Deny|Pass) )?(\.spec\.(ingress|egress)(?:\[(\d+)\](?:\.(?:from|to)\[(\d+)\])?)?.*)$/;

interface Told {
  readonly direction: PolicyDirection;
  readonly word: PolicySays | undefined;
  readonly path: string;
  readonly at: PolicyRulePlace;
}

/** Where a rule's reason points into a policy; undefined when it names no rule of one. */
function readDetail({ kind, detail = '' }: ObjectRef): Told | undefined {
  const match = kind.endsWith('Policy') ? PLACE.exec(detail) : null;
  const [, word, path, direction, rule, peer] = match ?? [];
  if (path === undefined) return undefined;
  return {
    direction: direction as PolicyDirection,
    word: word as PolicySays | undefined,
    path,
    at: {
      ...(rule === undefined ? {} : { rule: Number(rule) }),
      ...(peer === undefined ? {} : { peer: Number(peer) }),
    },
  };
}

const nameOf = ({ namespace, name }: ObjectRef) =>
  namespace === undefined ? name : `${namespace}/${name}`;

/** The matched rules, cut where the rules of another pod begin. */
function byPod(rules: readonly EvaluatedRule[]): EvaluatedRule[][] {
  const stretches: EvaluatedRule[][] = [[]];
  for (const rule of rules) {
    if (!rule.matched) continue;
    if (rule.because?.kind === 'Pod') stretches.push([]);
    stretches.at(-1)?.push(rule);
  }
  return stretches;
}

/** The rule that speaks last counts, but for marks that only carry on what a rule said before. */
function findDeciding(rules: readonly EvaluatedRule[]) {
  const telling = rules.flatMap((rule) => {
    const told = rule.because && readDetail(rule.because);
    return rule.because && told ? [{ rule, because: rule.because, told }] : [];
  });
  const last = telling.at(-1);
  return (
    last && telling.find((each) => JSON.stringify(each.because) === JSON.stringify(last.because))
  );
}

function decisionOf(rules: readonly EvaluatedRule[]): PolicyDecision | undefined {
  const found = findDeciding(rules);
  if (!found) return undefined;
  const { rule: deciding, because, told } = found;
  const pod = rules.find((rule) => rule.because?.kind === 'Pod')?.because;
  const isolating = rules.flatMap(({ because: own }) =>
    own?.kind === 'NetworkPolicy' && readDetail(own) === undefined ? [nameOf(own)] : [],
  );
  const admits = told.at.rule === undefined ? 'Does not admit' : 'Admits';
  return {
    direction: told.direction,
    says: told.word ?? admits,
    because: { ...because, detail: told.path },
    at: told.at,
    ...(pod ? { pod: nameOf(pod) } : {}),
    isolating: [...new Set(isolating)],
    rules: rules.slice(0, rules.indexOf(deciding) + 1).filter((rule) => rule.because),
    deciding,
  };
}

/**
 * What the policies of the pods on this machine said at a hook, pod after pod: read from what the rules were written
 * because of, whatever their chains are called. Empty when no policy had a say.
 */
export function policyDecisionsOf({
  rules,
}: Pick<Extract<Step, { kind: 'netfilter' }>, 'rules'>): PolicyDecision[] {
  return byPod(rules).flatMap((own) => decisionOf(own) ?? []);
}
