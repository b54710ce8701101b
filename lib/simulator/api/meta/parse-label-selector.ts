import { labelKeyProblem, labelValueProblem } from './names.ts';

/** One requirement of a selector written as text. Unlike the object form it knows `!=`, `>` and `<`. */
export interface TextRequirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | '=' | '!=' | 'exists' | '!' | '>' | '<';
  readonly values: readonly string[];
}

export type ParsedSelector =
  | { readonly ok: true; readonly requirements: readonly TextRequirement[] }
  | { readonly ok: false; readonly message: string };

interface Token {
  readonly kind:
    'identifier' | 'end' | ')' | '(' | ',' | '!' | '==' | '=' | '!=' | '>' | '<' | 'in' | 'notin';
  readonly text: string;
}

const SYMBOLS = ['==', '!=', '=', '>', '<', '(', ')', ',', '!'] as const;
const OPERATORS = 'in, notin, =, ==, !=, gt, lt';

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const symbol = SYMBOLS.find((candidate) => rest.startsWith(candidate));
    const word = symbol ?? /^[^\s=!(),><]+/.exec(rest)?.[0] ?? '';
    if (symbol) tokens.push({ kind: symbol, text: symbol });
    else if (word === 'in' || word === 'notin') tokens.push({ kind: word, text: word });
    else tokens.push({ kind: 'identifier', text: word });
    rest = rest.slice(word.length).trimStart();
  }
  return tokens;
}

const END: Token = { kind: 'end', text: '' };

/** The grammar of apimachinery `labels.Parse` (pkg/labels/selector.go), with its messages. */
class SelectorParser {
  private position = 0;
  problem: string | undefined;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  private peek(context: 'values' | 'keyAndOperator' = 'values'): Token {
    const token = this.tokens[this.position] ?? END;
    // `in` and `notin` are operators after a key and plain words elsewhere.
    return context === 'values' && (token.kind === 'in' || token.kind === 'notin')
      ? { kind: 'identifier', text: token.text }
      : token;
  }

  private take(context: 'values' | 'keyAndOperator' = 'values'): Token {
    const token = this.peek(context);
    this.position += 1;
    return token;
  }

  private fail(message: string): undefined {
    this.problem ??= message;
    return undefined;
  }

  parse(): TextRequirement[] {
    const requirements: TextRequirement[] = [];
    while (this.problem === undefined) {
      const first = this.peek();
      if (first.kind === 'end') return requirements;
      if (first.kind !== 'identifier' && first.kind !== '!') {
        this.fail(`found '${first.text}', expected: !, identifier, or 'end of string'`);
        return requirements;
      }
      const requirement = this.parseRequirement();
      if (!requirement) {
        this.problem = `unable to parse requirement: ${this.problem}`;
        return requirements;
      }
      requirements.push(requirement);
      if (!this.parseSeparator()) return requirements;
    }
    return requirements;
  }

  private parseSeparator(): boolean {
    const separator = this.take();
    if (separator.kind === 'end') return false;
    if (separator.kind !== ',') {
      this.fail(`found '${separator.text}', expected: ',' or 'end of string'`);
      return false;
    }
    const next = this.peek();
    if (next.kind !== 'identifier' && next.kind !== '!') {
      this.fail(`found '${next.text}', expected: identifier after ','`);
      return false;
    }
    return true;
  }

  private parseRequirement(): TextRequirement | undefined {
    const isAbsence = this.peek().kind === '!';
    if (isAbsence) this.take();
    const key = this.take();
    if (key.kind !== 'identifier') return this.fail(`found '${key.text}', expected: identifier`);
    const keyProblem = labelKeyProblem(key.text);
    if (keyProblem) {
      return this.fail(`key: Invalid value: ${JSON.stringify(key.text)}: ${keyProblem}`);
    }
    if (isAbsence) return { key: key.text, operator: '!', values: [] };
    const next = this.peek('keyAndOperator');
    if (next.kind === 'end' || next.kind === ',') {
      return { key: key.text, operator: 'exists', values: [] };
    }
    return this.parseComparison(key.text);
  }

  private parseComparison(key: string): TextRequirement | undefined {
    const operator = this.take('keyAndOperator');
    // The other tokens are all wrong here, whichever they are.
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check
    switch (operator.kind) {
      case 'in':
      case 'notin':
        return this.checked(key, operator.kind, this.parseValues());
      case '=':
      case '==':
        return this.checked(key, '=', this.parseExactValue());
      case '!=':
      case '>':
      case '<':
        return this.checked(key, operator.kind, this.parseExactValue());
      default:
        return this.fail(`found '${operator.text}', expected: ${OPERATORS}`);
    }
  }

  private checked(
    key: string,
    operator: TextRequirement['operator'],
    values: readonly string[] | undefined,
  ): TextRequirement | undefined {
    if (!values) return undefined;
    if (operator === '>' || operator === '<') {
      if (!/^[+-]?\d+$/.test(values[0] ?? '')) {
        return this.fail(
          `values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`,
        );
      }
    }
    for (const [index, value] of values.entries()) {
      const problem = labelValueProblem(value);
      if (problem) {
        return this.fail(
          `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${problem}`,
        );
      }
    }
    return { key, operator, values };
  }

  private parseExactValue(): readonly string[] | undefined {
    const next = this.peek();
    if (next.kind === 'end' || next.kind === ',') return [''];
    const value = this.take();
    if (value.kind !== 'identifier')
      return this.fail(`found '${value.text}', expected: identifier`);
    return [value.text];
  }

  private parseValues(): readonly string[] | undefined {
    const open = this.take();
    if (open.kind !== '(') return this.fail(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    if (this.peek().kind === ')') {
      this.take();
      return [''];
    }
    for (;;) {
      const token = this.take();
      if (token.kind === 'identifier') values.push(token.text);
      else if (token.kind === ',') values.push('');
      else return this.fail(`found '${token.text}', expected: ',', ')' or identifier`);
      if (token.kind === ',') continue;
      const after = this.take();
      if (after.kind === ')') return [...new Set(values)].sort();
      if (after.kind !== ',') return this.fail(`found '${after.text}', expected: ',' or ')'`);
    }
  }
}

/** Parses `app=web,tier in (a,b),!old`. Messages are those of apimachinery. */
export function parseLabelSelector(text: string): ParsedSelector {
  const parser = new SelectorParser(tokenize(text));
  const requirements = parser.parse();
  return parser.problem === undefined
    ? { ok: true, requirements }
    : { ok: false, message: parser.problem };
}

function holds(
  { key, operator, values }: TextRequirement,
  labels: Readonly<Record<string, string>>,
) {
  const isSet = Object.hasOwn(labels, key);
  const value = labels[key] ?? '';
  switch (operator) {
    case '=':
    case 'in':
      return isSet && values.includes(value);
    case '!=':
    case 'notin':
      return !isSet || !values.includes(value);
    case 'exists':
      return isSet;
    case '!':
      return !isSet;
    case '>':
      return isSet && /^[+-]?\d+$/.test(value) && Number(value) > Number(values[0]);
    case '<':
      return isSet && /^[+-]?\d+$/.test(value) && Number(value) < Number(values[0]);
  }
}

/** Whether `labels` satisfy every requirement of a parsed selector. */
export function matchRequirements(
  requirements: readonly TextRequirement[],
  labels: Readonly<Record<string, string>> = {},
): boolean {
  return requirements.every((requirement) => holds(requirement, labels));
}
