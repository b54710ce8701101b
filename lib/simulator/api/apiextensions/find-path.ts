/** One step of a simple JSONPath. */
type Step =
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'all' }
  | { readonly type: 'index'; readonly index: number }
  | {
      readonly type: 'where';
      readonly steps: readonly Step[];
      readonly operator: string;
      readonly value: string;
    };

const TOKEN =
  /^(?:\.?\['((?:[^'\\]|\\.)*)'\]|\[(-?\d+)\]|\.?\[?\*\]?|\[\?\(@((?:\.[\w-]+)+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\)\]|\.?((?:\\.|[^.[\]\s\\*])+))/;

function parse(path: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '' && rest !== '.') {
    const match = TOKEN.exec(rest);
    if (!match) return undefined;
    const [whole, quoted, index, inner, operator = '', a, b, c, field] = match;
    if (quoted !== undefined) steps.push({ type: 'key', key: quoted });
    else if (index !== undefined) steps.push({ type: 'index', index: Number(index) });
    else if (inner !== undefined) {
      steps.push({ type: 'where', steps: parse(inner) ?? [], operator, value: a ?? b ?? c ?? '' });
    } else if (field !== undefined)
      steps.push({ type: 'key', key: field.replaceAll(/\\(.)/g, '$1') });
    else steps.push({ type: 'all' });
    rest = rest.slice(whole.length);
  }
  return steps;
}

const known = new Map<string, readonly Step[] | undefined>();

function stepsOf(path: string): readonly Step[] | undefined {
  if (!known.has(path)) known.set(path, parse(path));
  return known.get(path);
}

function follow(value: unknown, steps: readonly Step[]): unknown[] {
  const [step, ...rest] = steps;
  if (!step) return value === undefined ? [] : [value];
  if (value === null || typeof value !== 'object') return [];
  const members = Object.values(value);
  switch (step.type) {
    case 'key': {
      const { key } = step;
      return Object.hasOwn(value, key) ? follow((value as Record<string, unknown>)[key], rest) : [];
    }
    case 'all':
      return members.flatMap((member) => follow(member, rest));
    case 'index': {
      const at = step.index < 0 ? members.length + step.index : step.index;
      return Array.isArray(value) ? follow(members[at], rest) : [];
    }
    case 'where':
      return members
        .filter((member) => {
          const found = follow(member, step.steps);
          const isSame = found.length > 0 && String(found[0]) === step.value;
          return found.length > 0 && isSame === (step.operator === '==');
        })
        .flatMap((member) => follow(member, rest));
  }
}

/** A value that was found, as the JSONPath printer writes it. */
export const pathText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** Whether a printed column's path can be read. */
export const isSimplePath = (path: string): boolean => stepsOf(path) !== undefined;

/**
 * Values that a JSONPath of a CustomResourceDefinition finds: `.spec.replicas`,
 * `.status.conditions[?(@.type=="Ready")].status`, `.status.addresses[*].value`.
 */
export const findPath = (value: unknown, path: string): readonly unknown[] =>
  follow(value, stepsOf(path) ?? []);
