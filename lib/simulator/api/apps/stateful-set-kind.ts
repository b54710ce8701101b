import { fill, setPodSpecDefaults } from '../core/pod-defaults.ts';
import type { PodTemplateSpec } from '../core/pod.ts';
import { isSameJson } from '../../base/same-json.ts';
import { dnsLabelProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { forbidden, invalid, required, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { StatefulSet, StatefulSetSpec, VolumeClaimTemplate } from './stateful-set.ts';
import { templateColumns } from './template-columns.ts';
import {
  isZero,
  validateAtMostAll,
  validateCountOrPercent,
  validateCounts,
} from './validate-counts.ts';
import { validateWorkload } from './validate-workload.ts';

function setClaimDefaults(claim: VolumeClaimTemplate): void {
  claim.apiVersion = 'v1';
  claim.kind = 'PersistentVolumeClaim';
  fill(claim, 'spec', {});
  if (claim.spec) fill(claim.spec, 'volumeMode', 'Filesystem');
  claim.status = { phase: 'Pending' };
}

function setDefaults(set: StatefulSet): void {
  fill(set, 'spec', { selector: {}, template: { spec: { containers: [] } } });
  const { spec } = set;
  fill(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = (spec.updateStrategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rolling = (strategy.rollingUpdate ??= {});
    rolling.partition ??= 0;
    rolling.maxUnavailable ??= 1;
  }
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ||= 'Retain';
  retention.whenScaled ||= 'Retain';
  fill(spec, 'replicas', 1);
  fill(spec, 'revisionHistoryLimit', 10);
  spec.volumeClaimTemplates?.forEach(setClaimDefaults);
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}

function validateStrategy({ updateStrategy = {} }: StatefulSetSpec): FieldProblem[] {
  const at = 'spec.updateStrategy';
  const { type, rollingUpdate } = updateStrategy;
  switch (type) {
    case 'OnDelete':
      return rollingUpdate
        ? [
            invalid(
              `${at}.rollingUpdate`,
              rollingUpdate,
              "only allowed for updateStrategy 'RollingUpdate'",
            ),
          ]
        : [];
    case 'RollingUpdate': {
      const { partition, maxUnavailable } = rollingUpdate ?? {};
      const field = `${at}.rollingUpdate.maxUnavailable`;
      return [
        ...validateCounts({ partition }, `${at}.rollingUpdate`),
        ...validateCountOrPercent(maxUnavailable, field),
        ...(maxUnavailable !== undefined && isZero(maxUnavailable)
          ? [invalid(field, maxUnavailable, 'cannot be 0')]
          : []),
        ...validateAtMostAll(maxUnavailable, field),
      ];
    }
    case undefined:
      return [required(at)];
    default:
      return [invalid(at, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
}

function validatePolicies(spec: StatefulSetSpec): FieldProblem[] {
  const policy: string | undefined = spec.podManagementPolicy;
  const problems =
    policy === 'OrderedReady' || policy === 'Parallel'
      ? []
      : [invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")];
  const retention = spec.persistentVolumeClaimRetentionPolicy ?? {};
  return [
    ...problems,
    ...validateStrategy(spec),
    ...(['whenDeleted', 'whenScaled'] as const)
      .filter((name) => !['Delete', 'Retain'].includes(retention[name] ?? ''))
      .map((name) => ({
        reason: 'FieldValueNotSupported' as const,
        field: `spec.persistentVolumeClaimRetentionPolicy.${name}`,
        message: `Unsupported value: ${JSON.stringify(retention[name] ?? '')}: supported values: "Delete", "Retain"`,
      })),
  ];
}

/** The template with a volume for each claim: what the pods will have. */
export function withClaims(
  { template, volumeClaimTemplates = [] }: StatefulSetSpec,
  pod = '',
): PodTemplateSpec {
  if (volumeClaimTemplates.length === 0) return template;
  const claims = volumeClaimTemplates.map(({ metadata }) => {
    const name = metadata?.name ?? '';
    return { name, persistentVolumeClaim: { claimName: `${name}-${pod}` } };
  });
  const others = (template.spec.volumes ?? []).filter(
    ({ name }) => !claims.some((claim) => claim.name === name),
  );
  return { ...template, spec: { ...template.spec, volumes: [...claims, ...others] } };
}

function validate({ spec }: StatefulSet): FieldProblem[] {
  const { replicas, minReadySeconds, ordinals, serviceName } = spec;
  return [
    ...validatePolicies(spec),
    ...validateCounts({ replicas, minReadySeconds, 'ordinals.start': ordinals?.start }, 'spec'),
    ...(serviceName
      ? dnsLabelProblems(serviceName).map((why) => invalid('spec.serviceName', serviceName, why))
      : []),
    ...validateWorkload(
      spec.template ? { ...spec, template: withClaims(spec) } : spec,
      'StatefulSet',
    ),
  ];
}

const CHANGEABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const satisfies readonly (keyof StatefulSetSpec)[];

function frozenPart(spec: StatefulSetSpec): Partial<StatefulSetSpec> {
  const frozen: Partial<StatefulSetSpec> = { ...spec };
  for (const name of CHANGEABLE) delete frozen[name];
  return frozen;
}

const quoted = CHANGEABLE.map((name) => `'${name}'`);
const FROZEN = `updates to statefulset spec for fields other than ${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)} are forbidden`;

export const STATEFUL_SET: KindDescription<StatefulSet> = {
  ...PLAIN_KIND,
  kind: 'StatefulSet',
  group: 'apps',
  plural: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  type: 'apps.StatefulSet',
  description: 'A StatefulSet keeps pods with names of their own, made and replaced in order.',
  subresources: ['status', 'scale'],
  columns: [
    NAME_COLUMN,
    column('Ready', 'Ready pods of wanted pods.', ({ spec, status }: StatefulSet) => {
      return `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`;
    }),
    AGE_COLUMN,
    ...templateColumns(({ spec }: StatefulSet) => spec).slice(0, 2),
  ],
  setDefaults,
  prepareForCreate(set) {
    set.status = { replicas: 0, availableReplicas: 0 };
  },
  validate,
  validateUpdate: ({ spec }, previous) =>
    isSameJson(frozenPart(spec), frozenPart(previous.spec)) ? [] : [forbidden('spec', FROZEN)],
  generationOf: ({ spec }) => spec,
};
