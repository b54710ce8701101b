import { isObject, itemElement, partsOf, type MergeType } from './merge-type.ts';
import { pathsOf } from './field-set.ts';

/** A value as Go prints it with `%v` behind a pointer to structured-merge-diff's wrapper. */
const goValue = (value: unknown) =>
  typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value);

const GO_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'int64',
  boolean: 'bool',
};
const goType = (value: unknown) =>
  Array.isArray(value)
    ? '[]interface {}'
    : isObject(value)
      ? 'map[string]interface {}'
      : (GO_TYPES[typeof value] ?? '<nil>');

function scalarProblem(value: unknown, scalar: 'string' | 'numeric' | 'boolean') {
  switch (scalar) {
    case 'numeric':
      return typeof value === 'number'
        ? undefined
        : `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goValue(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${String(value)}}`;
  }
}

/** What is wrong with a value itself, its parts not looked at. */
function ownProblem(value: unknown, type: MergeType): string | undefined {
  switch (type.form) {
    case 'leaf':
      return type.scalar && scalarProblem(value, type.scalar);
    case 'struct':
    case 'map':
      return isObject(value) ? undefined : `expected map, got &{${goValue(value)}}`;
    case 'list':
    case 'set':
      return Array.isArray(value) ? undefined : `expected list, got &{${goValue(value)}}`;
    case 'deduced':
      return undefined;
  }
}

function listProblems(value: readonly unknown[], type: MergeType, path: string): string[] {
  if (type.form !== 'list' && type.form !== 'set') return [];
  const seen = new Set<string>();
  return value.flatMap((item, index) => {
    if (type.form === 'list') {
      const missing = type.keys.find(
        (key) => key !== 'protocol' && isObject(item) && item[key] === undefined,
      );
      if (missing !== undefined) {
        return [
          `${path}: element ${index}: associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`,
        ];
      }
    }
    const element =
      type.form === 'set'
        ? `v:${JSON.stringify(item)}`
        : (itemElement(item, type.keys) ?? `i:${index}`);
    const isDuplicate = seen.has(element);
    seen.add(element);
    return isDuplicate
      ? [`${path}: duplicate entries for key ${pathsOf({ [element]: {} })[0]}`]
      : [];
  });
}

/**
 * Why a configuration is not one of its type, in the words of structured-merge-diff: unknown fields, wrong types, items
 * without keys, items that are said twice.
 */
export function configurationProblems(value: unknown, type: MergeType, path = ''): string[] {
  if (value === null) return [];
  const own = ownProblem(value, type);
  if (own !== undefined) return [path === '' ? own : `${path}: ${own}`];
  const problems = Array.isArray(value) ? listProblems(value, type, path) : [];
  for (const [element, part, partType] of partsOf(value, type) ?? []) {
    const at = `${path}${pathsOf({ [element]: {} })[0] ?? ''}`;
    const isUnknown = type.form === 'struct' && type.fieldOf(element.slice(2)) === undefined;
    if (isUnknown) problems.push(`${at}: field not declared in schema`);
    else problems.push(...configurationProblems(part, partType, at));
  }
  return problems;
}
