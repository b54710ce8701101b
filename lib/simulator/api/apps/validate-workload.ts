import type { PodTemplateSpec } from '../core/pod.ts';
import { validateLabelMap } from '../core/validate-service.ts';
import { validatePodSpec } from '../core/validate-pod-spec.ts';
import { isSameJson } from '../../base/same-json.ts';
import { matchesLabelSelector, type LabelSelector } from '../meta/label-selector.ts';
import { labelKeyProblem } from '../meta/names.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldProblem,
} from '../schema/field-problem.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** A selector object (meta/v1/validation `ValidateLabelSelector`). */
export function validateLabelSelector(selector: LabelSelector, field: string): FieldProblem[] {
  const problems = validateLabelMap(selector.matchLabels, `${field}.matchLabels`);
  for (const [index, { key, operator, values = [] }] of (
    selector.matchExpressions ?? []
  ).entries()) {
    const at = `${field}.matchExpressions[${index}]`;
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
      problems.push(
        required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
      );
    }
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
      problems.push(
        forbidden(
          `${at}.values`,
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
      );
    }
    if (!OPERATORS.includes(operator)) {
      problems.push(invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    }
    const keyProblem = labelKeyProblem(key);
    if (keyProblem) problems.push(invalid(`${at}.key`, key, keyProblem));
  }
  return problems;
}

interface WorkloadSpec {
  replicas?: number;
  selector?: LabelSelector;
  template?: PodTemplateSpec;
}

const isEmpty = (selector: LabelSelector) =>
  Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;

function validateSelector(
  { selector, template }: WorkloadSpec,
  kindWord: 'deployment' | 'replicaset',
): FieldProblem[] {
  if (!selector) return [required('spec.selector')];
  const problems = validateLabelSelector(selector, 'spec.selector');
  if (isEmpty(selector)) {
    problems.push(invalid('spec.selector', selector, `empty selector is invalid for ${kindWord}`));
  } else if (problems.length === 0 && template) {
    const labels = template.metadata?.labels ?? {};
    if (!matchesLabelSelector(selector, labels)) {
      problems.push(
        invalid(
          'spec.template.metadata.labels',
          labels,
          '`selector` does not match template `labels`',
        ),
      );
    }
  }
  return problems;
}

function validateTemplate(template: PodTemplateSpec | undefined): FieldProblem[] {
  if (!template) return [required('spec.template')];
  const policy = template.spec?.restartPolicy;
  return [
    ...validateLabelMap(template.metadata?.labels, 'spec.template.labels'),
    ...validatePodSpec(template.spec, 'spec.template.spec'),
    ...(policy !== undefined && policy !== 'Always' && ['OnFailure', 'Never'].includes(policy)
      ? [notSupported('spec.template.spec.restartPolicy', policy, ['Always'])]
      : []),
  ];
}

/** What Deployment and ReplicaSet have in common: replicas, selector, template. */
export function validateWorkload(
  spec: WorkloadSpec,
  kindWord: 'deployment' | 'replicaset',
): FieldProblem[] {
  const replicas = spec.replicas ?? 0;
  return [
    ...(replicas < 0
      ? [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')]
      : []),
    ...validateSelector(spec, kindWord),
    ...validateTemplate(spec.template),
  ];
}

/** The selector of apps/v1 workloads never changes. */
export function validateSelectorUpdate(spec: WorkloadSpec, previous: WorkloadSpec): FieldProblem[] {
  return isSameJson(spec.selector, previous.selector)
    ? []
    : [invalid('spec.selector', spec.selector, 'field is immutable')];
}
