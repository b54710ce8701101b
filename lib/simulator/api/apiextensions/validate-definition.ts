import { isSameJson } from '../../base/same-json.ts';
import { dns1035LabelProblems, dnsSubdomainProblems } from '../meta/names.ts';
import {
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldProblem,
} from '../schema/field-problem.ts';
import type {
  CustomResourceDefinition,
  CustomResourceNames,
  CustomResourceVersion,
} from './custom-resource-definition.ts';
import { isSimplePath } from './find-path.ts';
import { validateStructural } from './validate-structural.ts';

type Spec = CustomResourceDefinition['spec'];

const labelProblem = (field: string, value: string, prefix = ''): FieldProblem[] => {
  const problems = dns1035LabelProblems(value.toLowerCase());
  return problems.length > 0 ? [invalid(field, value, `${prefix}${problems.join(',')}`)] : [];
};

const MIXED = 'may have mixed case, but should otherwise match: ';

function validateNames(names: CustomResourceNames, path: string): FieldProblem[] {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names;
  const exact = (field: string, value: string) =>
    value === value.toLowerCase()
      ? labelProblem(field, value)
      : [invalid(field, value, dns1035LabelProblems(value).join(','))];
  const problems = [
    ...(['plural', 'singular', 'kind', 'listKind'] as const).flatMap((field) =>
      names[field] ? [] : [required(`${path}.${field}`)],
    ),
    ...(plural ? exact(`${path}.plural`, plural) : []),
    ...(singular ? exact(`${path}.singular`, singular) : []),
    ...(kind ? labelProblem(`${path}.kind`, kind, MIXED) : []),
    ...(listKind ? labelProblem(`${path}.listKind`, listKind, MIXED) : []),
    ...shortNames.flatMap((name, i) => exact(`${path}.shortNames[${i}]`, name)),
    ...categories.flatMap((name, i) => exact(`${path}.categories[${i}]`, name)),
  ];
  if (kind && kind === listKind) {
    problems.push(invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same'));
  }
  return problems;
}

function validateGroup({ group }: Spec): FieldProblem[] {
  if (!group) return [required('spec.group')];
  const problems = dnsSubdomainProblems(group);
  if (problems.length > 0) return [invalid('spec.group', group, problems.join(','))];
  return group.includes('.')
    ? []
    : [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function validateScope({ scope }: Spec): FieldProblem[] {
  if (!scope) return [required('spec.scope')];
  const scopes = ['Cluster', 'Namespaced'];
  return scopes.includes(scope) ? [] : [notSupported('spec.scope', scope, scopes)];
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];

function validateColumns(version: CustomResourceVersion, path: string): FieldProblem[] {
  return (version.additionalPrinterColumns ?? []).flatMap(({ name, type, jsonPath }, i) => {
    const at = `${path}additionalPrinterColumns[${i}]`;
    return [
      ...(name ? [] : [required(`${at}.name`)]),
      ...(!type
        ? [required(`${at}.type`, `must be one of ${COLUMN_TYPES.join(',')}`)]
        : COLUMN_TYPES.includes(type)
          ? []
          : [invalid(`${at}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`)]),
      ...(!jsonPath
        ? [required(`${at}.JSONPath`)]
        : jsonPath.startsWith('.') && isSimplePath(jsonPath)
          ? []
          : [invalid(`${at}.JSONPath`, jsonPath, 'is invalid: does not start with .')]),
    ];
  });
}

function validateScale(version: CustomResourceVersion, path: string): FieldProblem[] {
  const scale = version.subresources?.scale;
  if (!scale) return [];
  const check = (field: 'specReplicasPath' | 'statusReplicasPath', root: string) => {
    const value = scale[field];
    const at = `${path}subresources.scale.${field}`;
    if (!value) return [required(at)];
    return value.startsWith(root)
      ? []
      : [invalid(at, value, `should be a json path under ${root}`)];
  };
  return [...check('specReplicasPath', '.spec'), ...check('statusReplicasPath', '.status')];
}

/** Of what all versions have alike, upstream speaks as of the whole definition. */
function validateVersions({ versions }: Spec): FieldProblem[] {
  const [first] = versions;
  const names = versions.map(({ name }) => name);
  const place = (index: number, part: 'schema' | 'subresources' | 'additionalPrinterColumns') =>
    versions.every((version) => isSameJson(version[part], first?.[part]))
      ? index === 0
        ? 'spec.'
        : undefined
      : `spec.versions[${index}].`;
  const problems = names.flatMap((name, i) => {
    const found = dns1035LabelProblems(name);
    return found.length > 0 ? [invalid(`spec.versions[${i}].name`, name, found.join(','))] : [];
  });
  if (new Set(names).size < names.length) {
    problems.push(invalid('spec.versions', versions, 'must contain unique version names'));
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    problems.push(invalid('spec.versions', versions, detail));
  }
  for (const [index, version] of versions.entries()) {
    const schema = version.schema?.openAPIV3Schema;
    const at = place(index, 'schema');
    if (!schema) {
      const field = `spec.versions[${index}].schema.openAPIV3Schema`;
      problems.push(required(field, 'schemas are required'));
    } else if (at !== undefined) {
      const inner = at === 'spec.' ? 'validation' : 'schema';
      problems.push(...validateStructural(schema, `${at}${inner}.openAPIV3Schema`));
    }
    const scaleAt = place(index, 'subresources');
    if (scaleAt !== undefined) problems.push(...validateScale(version, scaleAt));
    const columnsAt = place(index, 'additionalPrinterColumns');
    if (columnsAt !== undefined) problems.push(...validateColumns(version, columnsAt));
  }
  return problems;
}

const APPROVED = 'api-approved.kubernetes.io';

/** Groups that belong to the Kubernetes project: kinds in them need an approval (KEP 2337). */
export const isProtectedGroup = (group: string): boolean =>
  /(^|\.)(k8s|kubernetes)\.io$/.test(group);

function validateApproval({ metadata, spec }: CustomResourceDefinition): FieldProblem[] {
  if (!isProtectedGroup(spec.group ?? '') || metadata.annotations?.[APPROVED]) return [];
  return [
    required(
      `metadata.annotations[${APPROVED}]`,
      `protected groups must have approval annotation "${APPROVED}", see https://github.com/kubernetes/enhancements/pull/1111`,
    ),
  ];
}

/**
 * A CustomResourceDefinition (apiextensions validation.go).
 * Simplified: defaults are not checked against their schemas; conversion by webhook is refused, for there are no webhooks.
 */
export function validateDefinition(definition: CustomResourceDefinition): FieldProblem[] {
  const { metadata, spec } = definition;
  const wanted = `${spec.names.plural}.${spec.group}`;
  const problems: FieldProblem[] =
    metadata.name === wanted
      ? []
      : [invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')];
  problems.push(
    ...validateGroup(spec),
    ...validateScope(spec),
    ...validateVersions(spec),
    ...validateNames(spec.names, 'spec.names'),
    ...validateApproval(definition),
  );
  if (spec.preserveUnknownFields) {
    const detail = 'must be false in order to use defaults in the schema';
    problems.push(invalid('spec.preserveUnknownFields', true, detail));
  }
  if (spec.conversion?.strategy !== 'None') {
    problems.push(forbidden('spec.conversion.strategy', 'this cluster has no conversion webhooks'));
  }
  return problems;
}
