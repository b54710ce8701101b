import { dnsSubdomainProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { duplicate, forbidden, invalid, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { ConfigMap } from './config-map.ts';
import { isSameJson } from '../../base/same-json.ts';

const KEY_PATTERN = '[-._a-zA-Z0-9]+';
const KEY_MESSAGE = `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '${KEY_PATTERN}')`;

function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const key of Object.keys(data)) {
    if (!new RegExp(`^${KEY_PATTERN}$`).test(key)) {
      problems.push(invalid(`data[${key}]`, key, KEY_MESSAGE));
    }
    if (Object.hasOwn(binaryData, key)) problems.push(duplicate(`data[${key}]`, key));
  }
  return problems;
}

function validateConfigMapUpdate(map: ConfigMap, previous: ConfigMap): FieldProblem[] {
  if (!previous.immutable) return [];
  const problems: FieldProblem[] = [];
  const message = 'field is immutable when `immutable` is set';
  if (!map.immutable) problems.push(forbidden('immutable', message));
  for (const field of ['data', 'binaryData'] as const) {
    if (!isSameJson(map[field] ?? {}, previous[field] ?? {})) {
      problems.push(forbidden(field, message));
    }
  }
  return problems;
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
  validateUpdate: validateConfigMapUpdate,
};
