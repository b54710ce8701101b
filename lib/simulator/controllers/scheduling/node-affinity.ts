import { matchesLabels } from '../../api/meta/label-selector.ts';
import type { Node, Taint } from '../../api/core/node.ts';
import type {
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  Toleration,
} from '../../api/core/pod.ts';

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

/** Whether a node is among those that a term selects; an empty term selects none. */
export function meetsTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: Node,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => meets(requirement, node.metadata.labels ?? {})) &&
    matchFields.every((requirement) => meets(requirement, { 'metadata.name': node.metadata.name }))
  );
}

/** Whether a node has what `nodeSelector` and the required node affinity of a pod ask. */
export function matchesNodeAffinity(pod: Pod, node: Node): boolean {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    (!pod.spec.nodeSelector || matchesLabels(pod.spec.nodeSelector, node.metadata.labels)) &&
    (!required || required.nodeSelectorTerms.some((term) => meetsTerm(term, node)))
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

/** Whether a pod bears a taint. */
export const isTolerated = ({ spec }: Pod, taint: Taint): boolean =>
  (spec.tolerations ?? []).some((each) => tolerates(each, taint));
