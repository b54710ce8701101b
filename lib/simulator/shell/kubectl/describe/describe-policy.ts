import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricTarget,
} from '../../../api/autoscaling/horizontal-pod-autoscaler.ts';
import type { Secret } from '../../../api/core/secret.ts';
import type { PodDisruptionBudget } from '../../../api/policy/pod-disruption-budget.ts';
import type { PolicyRule } from '../../../api/rbac/role.ts';
import { formatLabelSelector } from '../../../api/meta/label-selector.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { compactRules, goList, resourceText, sortKey } from '../policy-rules.ts';
import { formatRfc1123, headLines, Lines } from './lines.ts';

/** Bytes that base64 stands for. */
const sizeOf = (text: string) => Math.floor((text.replace(/=+$/, '').length * 3) / 4);

/** `kubectl describe secret`: sizes, never values. */
export function describeSecret({ metadata, type = '', data = {} }: Secret): Lines {
  const lines = new Lines();
  headLines(lines, metadata);
  lines.line(0, `\nType:\t${type}`);
  lines.line(0, '\nData\n====');
  for (const key of Object.keys(data).sort()) {
    lines.line(0, `${key}:\t${sizeOf(data[key] ?? '')} bytes`);
  }
  return lines;
}

/** `kubectl describe poddisruptionbudget`, without the events at its end. */
export function describeBudget({ metadata, spec, status }: PodDisruptionBudget): Lines {
  const lines = new Lines();
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  if (spec.minAvailable !== undefined) lines.line(0, `Min available:\t${spec.minAvailable}`);
  else if (spec.maxUnavailable !== undefined) {
    lines.line(0, `Max unavailable:\t${spec.maxUnavailable}`);
  }
  lines.line(0, `Selector:\t${spec.selector ? formatLabelSelector(spec.selector) : '<unset>'}`);
  lines.line(0, 'Status:');
  lines.line(2, `Allowed disruptions:\t${status?.disruptionsAllowed ?? 0}`);
  lines.line(2, `Current:\t${status?.currentHealthy ?? 0}`);
  lines.line(2, `Desired:\t${status?.desiredHealthy ?? 0}`);
  lines.line(2, `Total:\t${status?.expectedPods ?? 0}`);
  return lines;
}

const targetText = ({ value, averageValue, averageUtilization }: MetricTarget) =>
  averageUtilization === undefined ? (averageValue ?? value ?? '') : `${averageUtilization}%`;

function metricLine({ type, resource, containerResource, pods, object, external }: MetricSpec) {
  const shown = (title: string, target: MetricTarget) =>
    `${title}:\t<unknown> / ${targetText(target)}`;
  if (resource) {
    const isShare = resource.target.averageUtilization !== undefined;
    const title = `resource ${resource.name} on pods${isShare ? '  (as a percentage of request)' : ''}`;
    return shown(title, resource.target);
  }
  if (containerResource) {
    const { name, container, target } = containerResource;
    const isShare = target.averageUtilization !== undefined;
    return shown(
      `resource ${name} of container "${container}" on pods${isShare ? '  (as a percentage of request)' : ''}`,
      target,
    );
  }
  if (pods) return shown(`"${pods.metric.name}" on pods`, pods.target);
  if (object) return shown(`"${object.metric.name}" on object`, object.target);
  return external
    ? shown(`"${external.metric.name}" (target value)`, external.target)
    : `<unknown metric type "${type}">`;
}

/** `kubectl describe horizontalpodautoscaler`, without the events at its end. Simplified: its behavior is not shown. */
export function describeAutoscaler({ metadata, spec, status }: HorizontalPodAutoscaler): Lines {
  const lines = new Lines();
  headLines(lines, metadata);
  lines.line(0, `CreationTimestamp:\t${formatRfc1123(metadata.creationTimestamp)}`);
  const { kind, name } = spec.scaleTargetRef;
  lines.line(0, `Reference:\t${kind}/${name}`);
  lines.line(0, 'Metrics:\t( current / target )');
  for (const metric of spec.metrics ?? []) lines.line(1, metricLine(metric));
  lines.line(0, `Min replicas:\t${spec.minReplicas ?? '<unset>'}`);
  lines.line(0, `Max replicas:\t${spec.maxReplicas}`);
  lines.line(
    0,
    `${kind} pods:\t${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`,
  );
  return lines;
}

/** `kubectl describe role` and `clusterrole`. */
export function describeRole({
  metadata,
  rules,
}: KubeObject & { rules?: PolicyRule[] | null }): Lines {
  const lines = new Lines();
  headLines(lines, { ...metadata, namespace: undefined });
  lines.line(0, 'PolicyRule:');
  lines.line(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs');
  lines.line(1, '---------\t-----------------\t--------------\t-----');
  const sorted = compactRules(rules ?? []).sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  for (const rule of sorted) {
    lines.line(
      1,
      `${resourceText(rule)}\t${goList(rule.nonResourceURLs)}\t${goList(rule.resourceNames)}\t${goList(rule.verbs)}`,
    );
  }
  return lines;
}

interface Binding extends KubeObject {
  roleRef: { kind: string; name: string };
  subjects?: { kind: string; name: string; namespace?: string }[] | null;
}

/** `kubectl describe rolebinding` and `clusterrolebinding`. */
export function describeBinding(object: KubeObject): Lines {
  const lines = new Lines();
  const { metadata, roleRef, subjects } = object as Binding;
  headLines(lines, { ...metadata, namespace: undefined });
  lines.line(0, 'Role:');
  lines.line(1, `Kind:\t${roleRef.kind}`);
  lines.line(1, `Name:\t${roleRef.name}`);
  lines.line(0, 'Subjects:');
  lines.line(1, 'Kind\tName\tNamespace');
  lines.line(1, '----\t----\t---------');
  for (const { kind, name, namespace = '' } of subjects ?? []) {
    lines.line(1, `${kind}\t${name}\t${namespace}`);
  }
  return lines;
}
