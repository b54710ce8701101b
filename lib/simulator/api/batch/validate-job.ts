import { isSameJson } from '../../base/same-json.ts';
import { validateCounts } from '../apps/validate-counts.ts';
import {
  validateImmutable,
  validateLabelSelector,
  validatePodTemplate,
  validateTemplateLabels,
} from '../apps/validate-workload.ts';
import { dnsLabelProblems, labelKeyProblem } from '../meta/names.ts';
import {
  duplicate,
  invalid,
  notSupported,
  required,
  type FieldProblem,
} from '../schema/field-problem.ts';
import { parseIndexes } from './index-list.ts';
import type { Job, JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from './job.ts';

const MOST_PARALLEL = 100_000;

/** A value out of a list, or none at all. */
function validateChoice(
  value: string | undefined,
  field: string,
  choices: readonly string[],
): FieldProblem[] {
  if (!value) return [required(field, `valid values: [${choices.map((c) => `"${c}"`).join(' ')}]`)];
  return choices.includes(value) ? [] : [notSupported(field, value, choices)];
}

const lacksValue = (field: string, detail: string): FieldProblem => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${detail}`,
});

function validateExitCodes(
  { containerName, operator, values = [] }: NonNullable<PodFailurePolicyRule['onExitCodes']>,
  at: string,
  { template }: JobSpec,
): FieldProblem[] {
  const { containers, initContainers = [] } = template.spec;
  const isKnown = [...containers, ...initContainers].some(({ name }) => name === containerName);
  const problems = validateChoice(operator, `${at}.operator`, ['In', 'NotIn']);
  if (containerName !== undefined && !isKnown) {
    problems.push(
      invalid(
        `${at}.containerName`,
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  }
  if (values.length === 0) {
    problems.push(invalid(`${at}.values`, values, 'at least one value is required'));
  }
  for (const [index, value] of values.entries()) {
    const field = `${at}.values[${index}]`;
    if (operator === 'In' && value === 0) {
      problems.push(invalid(field, 0, 'must not be 0 for the In operator'));
    }
    if (values.indexOf(value) < index) problems.push(duplicate(field, value));
  }
  const isOrdered = values.every((value, i) => i === 0 || (values[i - 1] ?? 0) <= value);
  if (!isOrdered) problems.push(invalid(`${at}.values`, values, 'must be ordered'));
  return problems;
}

function validateFailureRule(rule: PodFailurePolicyRule, at: string, spec: JobSpec) {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const problems: FieldProblem[] = [];
  if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) {
      const why = 'requires the backoffLimitPerIndex to be set';
      problems.push(invalid(`${at}.action`, action, why));
    }
  } else {
    const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
    problems.push(...validateChoice(action, `${at}.action`, actions));
  }
  if (onExitCodes) problems.push(...validateExitCodes(onExitCodes, `${at}.onExitCodes`, spec));
  for (const [index, { type, status }] of onPodConditions.entries()) {
    const field = `${at}.onPodConditions[${index}]`;
    const why = labelKeyProblem(type);
    if (why) problems.push(invalid(`${field}.type`, type, why));
    problems.push(...validateChoice(status, `${field}.status`, ['False', 'True', 'Unknown']));
  }
  const hasConditions = onPodConditions.length > 0;
  if (onExitCodes && hasConditions) {
    problems.push(
      lacksValue(at, 'specifying both OnExitCodes and OnPodConditions is not supported'),
    );
  } else if (!onExitCodes && !hasConditions) {
    problems.push(lacksValue(at, 'specifying one of OnExitCodes and OnPodConditions is required'));
  }
  return problems;
}

function validateSuccessRule(
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  at: string,
  completions: number,
): FieldProblem[] {
  if (succeededCount === undefined && succeededIndexes === undefined) {
    return [required(at, 'at least one of succeededCount or succeededIndexes must be specified')];
  }
  const problems = validateCounts({ succeededCount }, at);
  const limits: readonly (readonly [number, string])[] = [
    [completions, 'the number of specified completions'],
    [
      succeededIndexes === undefined
        ? Infinity
        : parseIndexes(succeededIndexes, completions).length,
      'the number of indexes in the specified succeededIndexes field',
    ],
  ];
  for (const [limit, what] of limits) {
    if ((succeededCount ?? 0) > limit) {
      const why = `must be less than or equal to ${limit} (${what})`;
      problems.push(invalid(`${at}.succeededCount`, succeededCount, why));
    }
  }
  return problems;
}

function validateIndexed(spec: JobSpec, at: string): FieldProblem[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const problems: FieldProblem[] = [];
  if (spec.completionMode !== 'Indexed') {
    const limits = { backoffLimitPerIndex, maxFailedIndexes, successPolicy: spec.successPolicy };
    return Object.entries(limits)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => invalid(`${at}.${name}`, value, 'requires indexed completion mode'));
  }
  if (completions === undefined) {
    problems.push(required(`${at}.completions`, 'when completion mode is Indexed'));
  }
  if (parallelism > MOST_PARALLEL) {
    const why = `must be less than or equal to ${MOST_PARALLEL} when completion mode is Indexed`;
    problems.push(invalid(`${at}.parallelism`, parallelism, why));
  }
  if (completions !== undefined && (maxFailedIndexes ?? 0) > completions) {
    const why = 'must be less than or equal to completions';
    problems.push(invalid(`${at}.maxFailedIndexes`, maxFailedIndexes, why));
  }
  const rules = spec.successPolicy?.rules;
  if (rules?.length === 0) {
    const why = 'at least one rules must be specified when the successPolicy is specified';
    problems.push(required(`${at}.successPolicy.rules`, why));
  }
  for (const [index, rule] of (rules ?? []).entries()) {
    const field = `${at}.successPolicy.rules[${index}]`;
    problems.push(...validateSuccessRule(rule, field, completions ?? 0));
  }
  return problems;
}

function validateRestartPolicy(spec: JobSpec, at: string): FieldProblem[] {
  const field = `${at}.template.spec.restartPolicy`;
  const policy = spec.template.spec.restartPolicy ?? 'Always';
  if (policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') {
    return [notSupported(field, policy, ['OnFailure', 'Never'])];
  }
  return spec.podFailurePolicy && policy !== 'Never'
    ? [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}

/**
 * A JobSpec in a Job or in a CronJob, without its selector (pkg/apis/batch/validation `validateJobSpec`).
 * Simplified: the limits for Jobs of more than 100,000 completions and `managedBy` are not checked.
 */
export function validateJobSpec(spec: JobSpec, at: string): FieldProblem[] {
  if (!spec.template) return [required(`${at}.template`)];
  const { parallelism, completions, activeDeadlineSeconds, backoffLimit } = spec;
  const { ttlSecondsAfterFinished, backoffLimitPerIndex, maxFailedIndexes } = spec;
  const rules = spec.podFailurePolicy?.rules ?? [];
  const policy = spec.podReplacementPolicy;
  const policies = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return [
    ...validateCounts({ parallelism, completions, activeDeadlineSeconds, backoffLimit }, at),
    ...validateCounts({ ttlSecondsAfterFinished, backoffLimitPerIndex, maxFailedIndexes }, at),
    ...(maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined
      ? [required(`${at}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')]
      : []),
    ...(spec.completionMode !== undefined &&
    !['NonIndexed', 'Indexed'].includes(spec.completionMode)
      ? [notSupported(`${at}.completionMode`, spec.completionMode, ['NonIndexed', 'Indexed'])]
      : validateIndexed(spec, at)),
    ...rules.flatMap((rule, index) =>
      validateFailureRule(rule, `${at}.podFailurePolicy.rules[${index}]`, spec),
    ),
    ...(policy !== undefined && !policies.includes(policy)
      ? [notSupported(`${at}.podReplacementPolicy`, policy, policies)]
      : []),
    ...validatePodTemplate(spec.template, `${at}.template`),
    ...validateRestartPolicy(spec, at),
  ];
}

/** The labels that tell the pods of one Job from another's. */
export const JOB_UID_LABEL = 'batch.kubernetes.io/controller-uid';
export const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';

/** What the server generates must be what stands there (`ValidateGeneratedSelector`). */
function validateGenerated({ metadata, spec }: Job): FieldProblem[] {
  if (spec.manualSelector || !spec.selector) return [];
  const labels = spec.template.metadata?.labels ?? {};
  const wanted: readonly [string, string][] = [
    [JOB_UID_LABEL, metadata.uid ?? ''],
    [JOB_NAME_LABEL, metadata.name],
  ];
  return wanted
    .filter(([key, value]) => labels[key] !== value)
    .map(([key, value]) =>
      invalid('spec.template.metadata.labels', labels, `must be '${value}' for '${key}'`),
    );
}

export function validateJob(job: Job): FieldProblem[] {
  const { spec, metadata } = job;
  if (!spec.template) return [required('spec.template')];
  const last = `${metadata.name}-${(spec.completions ?? 0) - 1}`;
  const isBadHost =
    spec.completionMode === 'Indexed' && spec.completions && dnsLabelProblems(last).length > 0;
  return [
    ...validateGenerated(job),
    ...validateJobSpec(spec, 'spec'),
    ...(spec.selector
      ? [
          ...validateLabelSelector(spec.selector, 'spec.selector'),
          ...validateTemplateLabels(spec.selector, spec.template),
        ]
      : [required('spec.selector')]),
    ...(isBadHost
      ? [
          invalid(
            'metadata.name',
            metadata.name,
            `will not able to create pod with invalid DNS label: ${last}`,
          ),
        ]
      : []),
  ];
}

/** Completions change for Indexed Jobs alone, together with parallelism. */
function validateCompletions(spec: JobSpec, previous: JobSpec): FieldProblem[] {
  if (spec.completionMode !== 'Indexed') {
    return validateImmutable(spec, previous, ['completions']);
  }
  return spec.completions !== previous.completions && spec.completions !== spec.parallelism
    ? [
        invalid(
          'spec.completions',
          spec.completions,
          'can only be modified in tandem with spec.parallelism',
        ),
      ]
    : [];
}

/** Of the template, what the scheduler reads may change while a suspended Job has not begun. */
function schedulable(spec: JobSpec): JobSpec {
  const { affinity, nodeSelector, tolerations, ...rest } = spec.template.spec;
  const { nodeAffinity, ...others } = affinity ?? {};
  void nodeAffinity;
  void nodeSelector;
  void tolerations;
  const template = { spec: { ...rest, affinity: others } };
  return { ...spec, template };
}

export function validateJobUpdate({ spec }: Job, previous: Job): FieldProblem[] {
  const mayMove = previous.spec.suspend === true && previous.status?.startTime === undefined;
  const isSameTemplate = mayMove
    ? isSameJson(schedulable(spec).template, schedulable(previous.spec).template)
    : isSameJson(spec.template, previous.spec.template);
  return [
    ...validateCompletions(spec, previous.spec),
    ...validateImmutable(spec, previous.spec, ['selector']),
    ...(isSameTemplate ? [] : [invalid('spec.template', spec.template, 'field is immutable')]),
    ...validateImmutable(spec, previous.spec, [
      'completionMode',
      'podFailurePolicy',
      'backoffLimitPerIndex',
      'managedBy',
      'successPolicy',
    ]),
  ];
}
