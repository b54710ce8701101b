import type { PolicyEngine } from '../policy/create-policy-engine.ts';
import type { PolicyRef } from '../policy/normal-policy.ts';
import type { EnforcementView } from './reachability-picture.ts';

/** Policies that select pods on nodes where nobody makes rules of them. */
function ignoredPolicies({ world, classes }: PolicyEngine, nodes: ReadonlySet<string>) {
  const found = new Set<PolicyRef>();
  for (const pod of world.pods) {
    if (pod.isOnHostNetwork || !nodes.has(pod.node)) continue;
    const podClass = classes.podClassOf(pod);
    for (const { policy } of classes.selectedBy(podClass, 'ingress').all) found.add(policy.ref);
  }
  return world.policies.flatMap(({ ref }) => (found.has(ref) ? [ref] : []));
}

function sentenceOf(where: EnforcementView['where'], nodes: readonly string[], ignored: number) {
  switch (where) {
    case 'nowhere':
      return `Nobody makes rules of policies in this cluster: everything passes. Policies that select pods, without effect: ${ignored}.`;
    case 'on-some-nodes':
      return `Nobody makes rules of policies on ${nodes.join(', ')}: pods there let everything in and out. Policies that select them, without effect there: ${ignored}.`;
    case 'everywhere':
    case 'no-policies':
      return undefined;
  }
}

/** Whether policies are enforced where pods run, and which are not. */
export function viewEnforcement(engine: PolicyEngine): EnforcementView {
  const names = engine.world.nodes.map(({ name }) => name);
  const ignoredOn = names.filter((name) => !engine.isEnforcedOn(name));
  if (engine.world.policies.length === 0) return { where: 'no-policies', ignoredOn, ignored: [] };
  const where =
    ignoredOn.length === 0
      ? 'everywhere'
      : ignoredOn.length === names.length
        ? 'nowhere'
        : 'on-some-nodes';
  const ignored = ignoredPolicies(engine, new Set(ignoredOn));
  const sentence = sentenceOf(where, ignoredOn, ignored.length);
  return { where, ignoredOn, ignored, ...(sentence !== undefined && { sentence }) };
}
