import { goJson } from './emit-json.ts';

/** A JSONPath template of client-go: texts and `{expressions}`. */
type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'path'; readonly steps: readonly Step[] }
  | { readonly type: 'range'; readonly steps: readonly Step[]; readonly body: readonly Node[] };

type Step =
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'wildcard' }
  | { readonly type: 'recursive' }
  | { readonly type: 'slice'; readonly from?: number; readonly to?: number; readonly step?: number }
  | { readonly type: 'index'; readonly indices: readonly number[] }
  | { readonly type: 'fields'; readonly names: readonly string[] }
  | {
      readonly type: 'filter';
      readonly left: Operand;
      readonly operator: string;
      readonly right: Operand;
    };

type Operand =
  | { readonly type: 'value'; readonly value: string | number | boolean }
  | { readonly type: 'path'; readonly steps: readonly Step[] };

export type ParsedTemplate =
  | { readonly ok: true; readonly nodes: readonly Node[] }
  | { readonly ok: false; readonly message: string };

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
const unescape = (text: string) =>
  text.replaceAll(/\\(.)/gs, (_, char: string) => ESCAPES[char] ?? char);

/** Marks `.field`, `[...]`, `..`; gives the steps, or a message. */
function parseSteps(text: string): readonly Step[] | string {
  const steps: Step[] = [];
  let rest = text.replace(/^[$@]/, '');
  while (rest !== '') {
    const field = /^\.?((?:\\.|[^.[\]\s\\])+)/.exec(rest);
    if (rest.startsWith('..')) {
      steps.push({ type: 'recursive' });
      rest = rest.slice(rest[2] === '[' ? 2 : 1);
    } else if (rest.startsWith('[')) {
      const end = closingBracket(rest);
      if (end < 0) return 'unterminated array';
      const step = parseBracket(rest.slice(1, end));
      if (typeof step === 'string') return step;
      steps.push(step);
      rest = rest.slice(end + 1);
    } else if (field) {
      const name = (field[1] ?? '').replaceAll(/\\(.)/g, '$1');
      steps.push(name === '*' ? { type: 'wildcard' } : { type: 'field', name });
      rest = rest.slice(field[0].length);
    } else if (rest === '.') {
      rest = '';
    } else
      return `unrecognized character in action: U+${rest.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')} '${rest[0]}'`;
  }
  return steps;
}

function closingBracket(text: string): number {
  let depth = 0;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (quote !== '') {
      if (char === '\\') i += 1;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '[') depth += 1;
    else if (char === ']' && --depth === 0) return i;
  }
  return -1;
}

function parseBracket(inner: string): Step | string {
  const text = inner.trim();
  if (text === '*') return { type: 'wildcard' };
  const filter = /^\?\((.*)\)$/s.exec(text);
  if (filter) return parseFilter(filter[1] ?? '');
  const quoted = /^'([^']*)'$/.exec(text);
  if (quoted) return { type: 'field', name: quoted[1] ?? '' };
  if (/^'[^']*'(\s*,\s*'[^']*')+$/.test(text)) {
    return { type: 'fields', names: text.split(',').map((name) => name.trim().slice(1, -1)) };
  }
  if (/^-?\d+(\s*,\s*-?\d+)*$/.test(text)) {
    return { type: 'index', indices: text.split(',').map(Number) };
  }
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(text);
  if (!slice) return `invalid array index ${text}`;
  const [from, to, step] = slice.slice(1, 4).map((part) => (part ? Number(part) : undefined));
  return {
    type: 'slice',
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(step === undefined ? {} : { step }),
  };
}

function parseOperand(text: string): Operand | string {
  const trimmed = text.trim();
  const quoted = /^(["'])(.*)\1$/s.exec(trimmed);
  if (quoted) return { type: 'value', value: unescape(quoted[2] ?? '') };
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return { type: 'value', value: Number(trimmed) };
  if (trimmed === 'true' || trimmed === 'false')
    return { type: 'value', value: trimmed === 'true' };
  const steps = parseSteps(trimmed);
  return typeof steps === 'string' ? steps : { type: 'path', steps };
}

function parseFilter(text: string): Step | string {
  const match = /^((?:[^=!<>"']|"[^"]*"|'[^']*')*?)(==|!=|<=|>=|<|>)(.*)$/s.exec(text);
  const left = parseOperand(match?.[1] ?? text);
  if (typeof left === 'string') return left;
  if (!match) return { type: 'filter', left, operator: 'exists', right: left };
  const right = parseOperand(match[3] ?? '');
  if (typeof right === 'string') return right;
  return { type: 'filter', left, operator: match[2] ?? '==', right };
}

/** Splits a template into texts and the insides of its braces. */
function splitTemplate(template: string): { text: string; isAction: boolean }[] | undefined {
  const parts: { text: string; isAction: boolean }[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    if (open < 0) break;
    if (open > at) parts.push({ text: template.slice(at, open), isAction: false });
    let end = open + 1;
    let quote = '';
    for (; end < template.length; end++) {
      const char = template[end] ?? '';
      if (quote !== '' && char === '\\') end += 1;
      else if (quote !== '') quote = char === quote ? '' : quote;
      else if (char === '"' || char === "'") quote = char;
      else if (char === '}') break;
    }
    if (end >= template.length) return undefined;
    parts.push({ text: template.slice(open + 1, end), isAction: true });
    at = end + 1;
  }
  if (at < template.length) parts.push({ text: template.slice(at), isAction: false });
  return parts;
}

/** Parses a template. A bare path (`.metadata.name`, as `--sort-by` takes it) may leave out the braces. */
export function parseJsonPath(template: string): ParsedTemplate {
  const parts = splitTemplate(template);
  if (!parts) return { ok: false, message: 'unclosed action' };
  const stack: { steps: readonly Step[]; nodes: Node[] }[] = [{ steps: [], nodes: [] }];
  const current = () => stack[stack.length - 1]!;
  for (const { text, isAction } of parts) {
    const action = text.trim();
    const quoted = /^(["'])(.*)\1$/s.exec(action);
    if (!isAction) current().nodes.push({ type: 'text', text });
    else if (quoted) current().nodes.push({ type: 'text', text: unescape(quoted[2] ?? '') });
    else if (action === 'end') {
      if (stack.length === 1) return { ok: false, message: 'not in range, nothing to end' };
      const { steps, nodes } = stack.pop()!;
      current().nodes.push({ type: 'range', steps, body: nodes });
    } else {
      const isRange = /^range\s/.test(action);
      const steps = parseSteps(isRange ? action.slice(5).trim() : action);
      if (typeof steps === 'string') return { ok: false, message: steps };
      if (isRange) stack.push({ steps, nodes: [] });
      else current().nodes.push({ type: 'path', steps });
    }
  }
  if (stack.length > 1) return { ok: false, message: 'unexpected end of range' };
  return { ok: true, nodes: current().nodes };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const childrenOf = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value;
  return isRecord(value)
    ? Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, inner]) => inner)
    : [];
};

const descendantsOf = (value: unknown): unknown[] => [
  value,
  ...childrenOf(value).flatMap(descendantsOf),
];

function compare(left: unknown, operator: string, right: unknown): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    default:
      break;
  }
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) {
    return false;
  }
  const [a, b] = [left, right as typeof left];
  switch (operator) {
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    default:
      return a >= b;
  }
}

const operandValues = (operand: Operand, item: unknown): unknown[] =>
  operand.type === 'value' ? [operand.value] : walk([item], operand.steps);

function filterItems(value: unknown, step: Extract<Step, { type: 'filter' }>): unknown[] {
  return childrenOf(value).filter((item) => {
    const left = operandValues(step.left, item);
    if (left.length === 0) return false;
    if (step.operator === 'exists') return true;
    return compare(left[0], step.operator, operandValues(step.right, item)[0]);
  });
}

function takeStep(value: unknown, step: Step): unknown[] {
  switch (step.type) {
    case 'field':
      return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'fields':
      return step.names.flatMap((name) => takeStep(value, { type: 'field', name }));
    case 'wildcard':
      return childrenOf(value);
    case 'recursive':
      return descendantsOf(value);
    case 'index':
      return step.indices.flatMap((index) =>
        Array.isArray(value) && index < value.length && index >= -value.length
          ? [value.at(index) as unknown]
          : [],
      );
    case 'slice': {
      if (!Array.isArray(value)) return [];
      const items = value.slice(step.from ?? 0, step.to ?? value.length) as unknown[];
      return items.filter((_, i) => i % (step.step ?? 1) === 0);
    }
    case 'filter':
      return filterItems(value, step);
  }
}

const walk = (values: readonly unknown[], steps: readonly Step[]): unknown[] =>
  steps.reduce<unknown[]>(
    (found, step) => found.flatMap((value) => takeStep(value, step)),
    [...values],
  );

const printValue = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : goJson(value);
};

function render(nodes: readonly Node[], value: unknown): string {
  return nodes
    .map((node) => {
      switch (node.type) {
        case 'text':
          return node.text;
        case 'path':
          return walk([value], node.steps).map(printValue).join(' ');
        case 'range':
          return walk([value], node.steps)
            .map((item) => render(node.body, item))
            .join('');
      }
    })
    .join('');
}

/** Fills a template. A field that is not there prints nothing. */
export const renderJsonPath = (template: readonly Node[], value: unknown): string =>
  render(template, value);

/** The values that a template's first path finds. */
export function findValues(template: readonly Node[], value: unknown): unknown[] {
  const path = template.find((node) => node.type === 'path');
  return path?.type === 'path' ? walk([value], path.steps) : [];
}

/** `.metadata.name`, `metadata.name` and `{.metadata.name}` are all taken where one path is wanted. */
export function relaxPath(text: string): string {
  const match = /^\{?\.?([^{}]*)\}?$/.exec(text);
  return match ? `{.${match[1]}}` : text;
}
