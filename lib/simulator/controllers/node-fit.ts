import { matchesLabels } from '../api/meta/label-selector.ts';
import type { Node, Taint } from '../api/core/node.ts';
import { areHostPortsFree } from './host-ports.ts';
import type {
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  Toleration,
} from '../api/core/pod.ts';

/** Why a pod may not run on a node: a reason of the scheduler's filters, in its words. */
export type Misfit =
  | 'node(s) were unschedulable'
  | 'node(s) had untolerated taint(s)'
  | "node(s) didn't match Pod's node affinity/selector"
  | "node(s) didn't have free ports for the requested pod ports";

type Labels = Readonly<Record<string, string>>;

function meets({ key, operator, values = [] }: NodeSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

function meetsTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: Node,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => meets(requirement, node.metadata.labels ?? {})) &&
    matchFields.every((requirement) => meets(requirement, { 'metadata.name': node.metadata.name }))
  );
}

/** core/v1 `Toleration.ToleratesTaint`. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key, operator = 'Equal', value = '', effect } = toleration;
  const concerns = (own: string | undefined, its: string) => !own || own === its;
  if (!concerns(effect, taint.effect) || !concerns(key, taint.key)) return false;
  switch (operator) {
    case 'Exists':
      return true;
    case 'Equal':
      return value === (taint.value ?? '');
    case 'Lt':
      return Number(taint.value) < Number(value);
    case 'Gt':
      return Number(taint.value) > Number(value);
  }
}

function matchesAffinity(pod: Pod, node: Node): boolean {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    matchesLabels(pod.spec.nodeSelector ?? {}, node.metadata.labels) &&
    (!required || required.nodeSelectorTerms.some((term) => meetsTerm(term, node)))
  );
}

/**
 * The first filter that refuses `pod` on `node` beside the pods that are there, in the scheduler's order; undefined when all agree.
 * Source: pkg/scheduler/framework/plugins/{nodeunschedulable,tainttoleration,nodeaffinity,nodeports}.
 *
 * Simplified: no resource requests, no affinity between pods, no topology spread constraints, no volumes.
 */
export function misfitOf(pod: Pod, node: Node, beside: readonly Pod[] = []): Misfit | undefined {
  const tolerations = pod.spec.tolerations ?? [];
  const isTolerated = (taint: Taint) => tolerations.some((each) => tolerates(each, taint));
  const cordon: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec.unschedulable && !isTolerated(cordon)) return 'node(s) were unschedulable';

  const hard = (node.spec.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule');
  if (hard.some((taint) => !isTolerated(taint))) return 'node(s) had untolerated taint(s)';

  if (!matchesAffinity(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  return areHostPortsFree(pod, beside)
    ? undefined
    : "node(s) didn't have free ports for the requested pod ports";
}
