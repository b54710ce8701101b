import type {
  DnsMessage,
  DnsQuestion,
  RecordType,
  ResourceRecord,
} from '../../packet/dns-message.ts';
import type { Directive } from './corefile.ts';

type Match = 'exact' | 'prefix' | 'suffix' | 'substring' | 'regex';

/** One line of the rewrite plug-in (plugin/rewrite). Names are absolute, in lower case. */
export type RewriteRule =
  | {
      readonly field: 'name';
      readonly action: 'continue' | 'stop';
      readonly match: Match;
      readonly from: string;
      readonly to: string;
      readonly answers: 'auto' | readonly AnswerRule[];
    }
  | {
      readonly field: 'type';
      readonly action: 'continue' | 'stop';
      readonly from: string;
      readonly to: string;
    };

/** `answer name REGEX TO`, `answer value REGEX TO`. */
interface AnswerRule {
  readonly of: 'name' | 'value';
  readonly from: string;
  readonly to: string;
}

/** What a reply must be turned back with. Plain data. */
export interface Rewritten {
  readonly original: DnsQuestion;
  readonly rules: readonly AnswerRule[];
}

const MATCHES: readonly Match[] = ['exact', 'prefix', 'suffix', 'substring', 'regex'];
const absolute = (name: string) => (name.endsWith('.') ? name : `${name}.`);

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function parseAnswers(words: readonly string[]): 'auto' | readonly AnswerRule[] | undefined {
  if (words[0] === 'answer' && words[1] === 'auto') return 'auto';
  const rules: AnswerRule[] = [];
  for (let i = 0; i < words.length; i += 4) {
    const [keyword, of, from, to] = words.slice(i, i + 4);
    if (keyword !== 'answer' || (of !== 'name' && of !== 'value')) return undefined;
    if (from === undefined || to === undefined || !isPattern(from)) return undefined;
    rules.push({ of, from, to });
  }
  return rules;
}

function parseName(words: readonly string[], action: 'continue' | 'stop'): RewriteRule | string {
  const [first = '', ...others] = words;
  const match = MATCHES.find((one) => one === first);
  const [from, to, ...rest] = match ? others : words;
  if (from === undefined || to === undefined) return `too few arguments for a name rule`;
  const kind = match ?? 'exact';
  if (kind === 'regex' && !isPattern(from)) return `invalid regex pattern in a name rule: ${from}`;
  const answers = parseAnswers(rest);
  if (!answers) return `exceeded the number of arguments for a non-regex rule argument`;
  const isWhole = kind === 'exact' || kind === 'suffix';
  return {
    field: 'name',
    action,
    match: kind,
    from: isWhole ? absolute(from.toLowerCase()) : kind === 'regex' ? from : from.toLowerCase(),
    to: isWhole || kind === 'regex' ? absolute(to.toLowerCase()) : to.toLowerCase(),
    answers,
  };
}

/** Reads one directive, on one line or as a block; a string is the error that ends CoreDNS. */
export function parseRewrite({ args, block }: Directive): RewriteRule | string {
  const inner = block.flatMap(({ name, args: more }) => [name, ...more]);
  const words = [...args, ...inner];
  const [first = ''] = words;
  const action = first === 'continue' || first === 'stop' ? first : undefined;
  const [field = '', ...rest] = action ? words.slice(1) : words;
  if (field === 'name') return parseName(rest, action ?? 'stop');
  if (field === 'type') {
    const [from, to] = rest;
    if (from === undefined || to === undefined) return 'type rules must have exactly two arguments';
    return { field, action: action ?? 'stop', from: from.toUpperCase(), to: to.toUpperCase() };
  }
  return `invalid rule type "${field}"`;
}

const fill = (to: string, groups: readonly string[]) =>
  to.replace(/\{(\d+)\}/g, (_, index: string) => groups[Number(index)] ?? '');

/** The name after a rule; undefined when the rule does not match. */
function renamed(
  name: string,
  { match, from, to }: Extract<RewriteRule, { field: 'name' }>,
): string | undefined {
  switch (match) {
    case 'exact':
      return name === from ? to : undefined;
    case 'prefix':
      return name.startsWith(from) ? to + name.slice(from.length) : undefined;
    case 'suffix':
      return name.endsWith(from) ? name.slice(0, name.length - from.length) + to : undefined;
    case 'substring':
      return name.includes(from) ? name.replaceAll(from, to) : undefined;
    case 'regex': {
      const found = new RegExp(from).exec(name);
      return found ? fill(to, found) : undefined;
    }
  }
}

const literally = (name: string) => `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;

/** Takes a question through the rules, the first that matches ends it unless it says `continue`. */
export function rewriteQuestion(
  question: DnsQuestion,
  rules: readonly RewriteRule[],
): { readonly question: DnsQuestion; readonly rewritten: Rewritten } | undefined {
  let current = question;
  const back: AnswerRule[] = [];
  let hasMatched = false;
  for (const rule of rules) {
    if (rule.field === 'type') {
      if (current.type !== rule.from) continue;
      current = { ...current, type: rule.to as RecordType };
    } else {
      const before = current.name.toLowerCase();
      const name = renamed(before, rule);
      if (name === undefined) continue;
      if (rule.answers === 'auto') back.unshift({ of: 'name', from: literally(name), to: before });
      else back.push(...rule.answers);
      current = { ...current, name };
    }
    hasMatched = true;
    if (rule.action === 'stop') break;
  }
  return hasMatched
    ? { question: current, rewritten: { original: question, rules: back } }
    : undefined;
}

function rewriteText(text: string, rules: readonly AnswerRule[]): string {
  let current = text;
  for (const { from, to } of rules) {
    const found = new RegExp(from).exec(current.toLowerCase());
    if (found) current = absolute(fill(to, found));
  }
  return current;
}

/** The reply as the client gets it: its own question again, the answers by the rules that say so. */
export function restoreReply(message: DnsMessage, { original, rules }: Rewritten): DnsMessage {
  const of = (kind: AnswerRule['of']) => rules.filter((rule) => rule.of === kind);
  const restore = (record: ResourceRecord): ResourceRecord => ({
    ...record,
    name: rewriteText(record.name, of('name')),
    data: record.type === 'CNAME' ? rewriteText(record.data, of('value')) : record.data,
  });
  return {
    ...message,
    question: original,
    answers: message.answers.map(restore),
    additional: message.additional.map(restore),
  };
}
