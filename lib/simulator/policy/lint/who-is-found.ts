import { matchesLabelSelector } from '../../api/meta/label-selector.ts';
import type { PodPeer } from '../normal-policy.ts';
import type { Labels, PolicyPod, PolicyWorld } from '../policy-world.ts';
import type { Lint } from './lint-context.ts';

const isAmong = ({ namespaces }: PodPeer, namespace: string, world: PolicyWorld): boolean =>
  typeof namespaces === 'string'
    ? namespace === namespaces
    : matchesLabelSelector(namespaces, world.namespaces.get(namespace) ?? {}) &&
      world.namespaces.has(namespace);

/** Whether a subject or peer finds a pod of these labels, were it there. */
export const findsLabels = (
  peer: PodPeer,
  { namespace, labels }: { readonly namespace: string; readonly labels: Labels },
  world: PolicyWorld,
): boolean => isAmong(peer, namespace, world) && matchesLabelSelector(peer.pods, labels);

/** Namespaces that a subject or peer looks into, of those that exist. */
export const namespacesOf = (peer: PodPeer, world: PolicyWorld): readonly string[] =>
  [...world.namespaces.keys()].filter((namespace) => isAmong(peer, namespace, world));

/** Pods of these namespaces, whatever their labels; those on their node's network too. */
export const podsAround = (peer: PodPeer, world: PolicyWorld): readonly PolicyPod[] =>
  world.pods.filter(({ namespace }) => isAmong(peer, namespace, world));

/** Whether some workload makes such pods, though none may run now. */
export const willBeFound = (peer: PodPeer, { engine, context }: Lint): boolean =>
  context.templates.some((template) => findsLabels(peer, template, engine.world));
