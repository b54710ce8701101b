import { dnsSubdomainProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import {
  duplicate,
  forbidden,
  invalid,
  tooLong,
  type FieldProblem,
} from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { ConfigMap } from './config-map.ts';
import { isSameJson } from '../../base/same-json.ts';

const KEY_PATTERN = '[-._a-zA-Z0-9]+';
/** MaxSecretSize, in bytes. */
const LARGEST = 1024 * 1024;
const KEY_MESSAGE = `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '${KEY_PATTERN}')`;

/** The problem of a key of a ConfigMap or Secret (`IsConfigMapKey`). */
export function configKeyProblems(key: string): string[] {
  if (!new RegExp(`^${KEY_PATTERN}$`).test(key)) return [KEY_MESSAGE];
  // Keys become names of files.
  if (key === '.' || key === '..') return [`must not be '${key}'`];
  return key.startsWith('..') ? ["must not start with '..'"] : [];
}

function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const key of Object.keys(data)) {
    problems.push(...configKeyProblems(key).map((p) => invalid(`data[${key}]`, key, p)));
    if (Object.hasOwn(binaryData, key)) problems.push(duplicate(`data[${key}]`, key));
  }
  const size = [...Object.values(data), ...Object.values(binaryData)].reduce(
    (sum, value) => sum + value.length,
    0,
  );
  // Simplified: characters, not bytes.
  if (size > LARGEST) problems.push(tooLong('[]', LARGEST));
  return problems;
}

/** A ConfigMap or Secret that said so keeps its data. */
export function validateImmutable<T extends { immutable?: boolean }>(
  object: T,
  previous: T,
  fields: readonly (keyof T & string)[],
): FieldProblem[] {
  if (!previous.immutable) return [];
  const message = 'field is immutable when `immutable` is set';
  const changed = fields.filter((field) => !isSameJson(object[field] ?? {}, previous[field] ?? {}));
  return [...(object.immutable ? [] : ['immutable']), ...changed].map((field) =>
    forbidden(field, message),
  );
}

export const CONFIG_MAP: KindDescription<ConfigMap> = {
  kind: 'ConfigMap',
  group: '',
  version: 'v1',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  categories: [],
  isNamespaced: true,
  type: 'core.ConfigMap',
  description: 'A ConfigMap keeps configuration as keys with texts, for pods to read.',
  subresources: [],
  columns: [
    NAME_COLUMN,
    column(
      'Data',
      'How many keys it has.',
      ({ data = {}, binaryData = {} }: ConfigMap) =>
        Object.keys(data).length + Object.keys(binaryData).length,
      'integer',
    ),
    AGE_COLUMN,
  ],
  fieldLabels: {},
  nameProblems: dnsSubdomainProblems,
  setDefaults: () => undefined,
  prepareForCreate: () => undefined,
  validate: validateConfigMap,
  validateUpdate: (map, previous) => validateImmutable(map, previous, ['data', 'binaryData']),
};
