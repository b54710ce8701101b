import type { Namespace } from '../api/core/namespace.ts';
import type { ContainerPort } from '../api/core/container.ts';
import type { Dice } from './dice.ts';
import { drawLabels, drawNamespaceLabels, POD_LABELS } from './draw-selector.ts';
import { CLOSED_PORT, OPEN_PORT, RARE_PORT } from './probe-ports.ts';
import type { PodPlan, ServicePlan } from './cluster-plan.ts';

/** `default` is one of them in every cluster, but without labels of its own. */
export const NAMESPACES = ['default', 'shop', 'bank'] as const;

/** Those that somebody has to create. */
export const drawNamespaces = (dice: Dice): Namespace[] =>
  NAMESPACES.filter((name) => name !== 'default').map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: drawNamespaceLabels(dice) },
  }));

/** Names that mean another port on every other pod. */
function drawNamedPorts(dice: Dice): ContainerPort[] {
  const number = () => dice.pick([OPEN_PORT, RARE_PORT, CLOSED_PORT]);
  return [
    { name: 'web', containerPort: number() },
    { name: 'ask', containerPort: number(), protocol: dice.pick(['UDP', 'UDP', 'TCP']) },
  ].filter(() => !dice.isOneIn(4)) as ContainerPort[];
}

/** A pod with more labels and port names, in some namespace. */
export function settlePod(dice: Dice, plan: PodPlan): PodPlan {
  const { object } = plan;
  const { metadata, spec } = object;
  const drawAll = () => ({ ...metadata.labels, ...drawLabels(dice, POD_LABELS) });
  const labels = drawAll();
  const namedPorts = drawNamedPorts(dice);
  const containers = spec.containers.map((container) => ({
    ...container,
    ports: [...(container.ports ?? []), ...namedPorts],
  }));
  return {
    ...plan,
    ...(dice.isOneIn(6) && { newLabels: drawAll() }),
    object: {
      ...object,
      metadata: { ...metadata, labels, namespace: dice.pick(NAMESPACES) },
      spec: { ...spec, containers },
    },
  };
}

/** A Service where some pod is. */
export function settleService(
  dice: Dice,
  plan: ServicePlan,
  pods: readonly PodPlan[],
): ServicePlan {
  const { metadata, spec } = plan.object;
  const { namespace = 'default', labels = {} } = dice.pick(pods).object.metadata;
  const selector = dice.isOneIn(3) ? spec.selector : { group: labels['group'] ?? '' };
  return {
    ...plan,
    object: {
      ...plan.object,
      metadata: { ...metadata, namespace },
      spec: { ...spec, ...(selector && { selector }) },
    },
  };
}
