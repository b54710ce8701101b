import type { PodTemplateSpec } from '../core/pod.ts';
import { validateLabelMap } from '../core/validate-service.ts';
import { validatePodSpec } from '../core/validate-pod-spec.ts';
import { isSameJson } from '../../base/same-json.ts';
import {
  matchesLabelSelector,
  type LabelSelector,
  type LabelSelectorRequirement,
} from '../meta/label-selector.ts';
import { labelKeyProblem, labelValueProblem } from '../meta/names.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldProblem,
} from '../schema/field-problem.ts';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** One condition of a selector (`ValidateLabelSelectorRequirement`). */
function validateRequirement(
  { key, operator, values = [] }: LabelSelectorRequirement,
  field: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
    const detail = "must be specified when `operator` is 'In' or 'NotIn'";
    problems.push(required(`${field}.values`, detail));
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
    const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    problems.push(forbidden(`${field}.values`, detail));
  }
  if (!OPERATORS.includes(operator)) {
    problems.push(invalid(`${field}.operator`, operator, 'not a valid selector operator'));
  }
  const keyProblem = labelKeyProblem(key);
  if (keyProblem) problems.push(invalid(`${field}.key`, key, keyProblem));
  for (const [index, value] of values.entries()) {
    const problem = labelValueProblem(value);
    if (problem) problems.push(invalid(`${field}.values[${index}]`, value, problem));
  }
  return problems;
}

/** A selector object (meta/v1/validation `ValidateLabelSelector`). */
export const validateLabelSelector = (selector: LabelSelector, field: string): FieldProblem[] => [
  ...validateLabelMap(selector.matchLabels, `${field}.matchLabels`),
  ...(selector.matchExpressions ?? []).flatMap((requirement, index) =>
    validateRequirement(requirement, `${field}.matchExpressions[${index}]`),
  ),
];

interface WorkloadSpec {
  selector?: LabelSelector;
  template?: PodTemplateSpec;
}

/** Kinds whose pods run for ever: messages name them in these two ways. */
type WorkloadKind = 'Deployment' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet';

const isEmpty = (selector: LabelSelector) =>
  Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;

/** The pods of a template must be the controller's own. */
export function validateTemplateLabels(
  selector: LabelSelector,
  template: PodTemplateSpec | undefined,
): FieldProblem[] {
  const labels = template?.metadata?.labels ?? {};
  return !template || matchesLabelSelector(selector, labels)
    ? []
    : [
        invalid(
          'spec.template.metadata.labels',
          labels,
          '`selector` does not match template `labels`',
        ),
      ];
}

function validateSelector(
  { selector, template }: WorkloadSpec,
  kind: WorkloadKind,
): FieldProblem[] {
  if (!selector) return [required('spec.selector')];
  const problems = validateLabelSelector(selector, 'spec.selector');
  if (isEmpty(selector)) {
    const why = `empty selector is invalid for ${kind.toLowerCase()}`;
    return [...problems, invalid('spec.selector', selector, why)];
  }
  return problems.length === 0 ? validateTemplateLabels(selector, template) : problems;
}

/** Pods of these kinds are started again for ever. `at` is the template's field. */
export function validateEndlessTemplate(
  template: PodTemplateSpec | undefined,
  kind: WorkloadKind | 'ReplicationController',
  at = 'spec.template',
): FieldProblem[] {
  if (!template) return [required(at)];
  const { restartPolicy, activeDeadlineSeconds } = template.spec;
  return [
    ...validatePodTemplate(template, at),
    ...(restartPolicy === 'OnFailure' || restartPolicy === 'Never'
      ? [notSupported(`${at}.spec.restartPolicy`, restartPolicy, ['Always'])]
      : []),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [
          forbidden(
            `${at}.spec.activeDeadlineSeconds`,
            `activeDeadlineSeconds in ${kind} is not Supported`,
          ),
        ]),
  ];
}

/** `ValidatePodTemplateSpec`. */
export function validatePodTemplate(template: PodTemplateSpec, at: string): FieldProblem[] {
  return [
    ...validateLabelMap(template.metadata?.labels, `${at}.labels`),
    ...validatePodSpec(template.spec, `${at}.spec`),
  ];
}

/** What all these kinds have in common: selector and template. */
export function validateWorkload(spec: WorkloadSpec, kind: WorkloadKind): FieldProblem[] {
  return [...validateSelector(spec, kind), ...validateEndlessTemplate(spec.template, kind)];
}

/** Fields that never change (`ValidateImmutableField`), each by its name in the spec. */
export function validateImmutable<T extends object>(
  spec: T,
  previous: T,
  fields: readonly (keyof T & string)[],
): FieldProblem[] {
  return fields
    .filter((field) => !isSameJson(spec[field], previous[field]))
    .map((field) => invalid(`spec.${field}`, spec[field], 'field is immutable'));
}
