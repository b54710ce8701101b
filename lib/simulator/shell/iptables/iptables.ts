import type { Count, NetfilterHook, NetfilterTable, Ruleset } from '../../linux/netfilter/rule.ts';
import { parseRule } from '../../linux/netfilter/parse/parse-rule.ts';
import { printRuleText, printTarget } from '../../linux/netfilter/print/rule-text.ts';
import {
  appendRule,
  BUILT_IN_CHAINS,
  chainOf,
  deleteChain,
  deleteRule,
  ensureChain,
  ensureTable,
  indexOfRule,
  insertRule,
  isBuiltInChain,
  replaceChain,
  setPolicy,
  spliceRules,
  zeroCounters,
} from '../../linux/netfilter/ruleset.ts';
import { finished, type CommandResult } from '../command.ts';
import { onLinux } from '../namespace-of-place.ts';
import { chainNames, listChains, type ListOptions } from './list-text.ts';

/** The same tool for either family. */
interface Tool {
  readonly name: 'iptables' | 'ip6tables';
  readonly family: 4 | 6;
}

const versionOf = ({ name }: Tool) => `${name} v1.8.9 (nf_tables)`;
const hintOf = ({ name }: Tool) => `Try \`${name} -h' or '${name} --help' for more information.\n`;

type RuleVerb = 'append' | 'insert' | 'delete' | 'check' | 'replace';
type ChainVerb = 'flush' | 'new' | 'remove' | 'policy' | 'zero';
type Verb = 'list' | 'save' | RuleVerb | ChainVerb;

const VERBS: Readonly<Record<string, Verb>> = {
  L: 'list',
  S: 'save',
  A: 'append',
  I: 'insert',
  D: 'delete',
  C: 'check',
  R: 'replace',
  F: 'flush',
  N: 'new',
  X: 'remove',
  P: 'policy',
  Z: 'zero',
};
const LONG: Readonly<Record<string, string>> = {
  list: 'L',
  'list-rules': 'S',
  append: 'A',
  insert: 'I',
  delete: 'D',
  check: 'C',
  replace: 'R',
  flush: 'F',
  'new-chain': 'N',
  'delete-chain': 'X',
  policy: 'P',
  zero: 'Z',
  table: 't',
  numeric: 'n',
  verbose: 'v',
  'line-numbers': '0',
  exact: 'x',
  wait: 'w',
};

interface Invocation {
  readonly tool: Tool;
  table: string;
  verb?: Verb;
  chain?: string;
  numeric: boolean;
  verbose: boolean;
  lineNumbers: boolean;
  exact: boolean;
  /** What belongs to a rule, in order. */
  readonly rule: string[];
}

const versioned = (tool: Tool, text: string, exitCode: number) =>
  finished('', exitCode, `${versionOf(tool)}: ${text}\n`);
const usageError = (tool: Tool, text: string) =>
  finished('', 2, `${versionOf(tool)}: ${text}\n${hintOf(tool)}`);
const plainOf = ({ name }: Tool, text: string) => finished('', 1, `${name}: ${text}\n`);

/** Reads flags of the tool up to where a rule begins; `-nvL` may be joined. A text is an unknown option. */
function parseInvocation(tool: Tool, args: readonly string[]): Invocation | string {
  const found: Invocation = {
    tool,
    table: 'filter',
    numeric: false,
    verbose: false,
    lineNumbers: false,
    exact: false,
    rule: [],
  };
  const takesRule = () =>
    ['append', 'insert', 'delete', 'check', 'replace'].includes(found.verb ?? '');
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const long = arg.startsWith('--') ? LONG[arg.slice(2)] : undefined;
    const isShort = /^-[A-Za-z]+$/.test(arg);
    const letters = long ?? (isShort ? arg.slice(1) : '');
    if (takesRule() && found.chain !== undefined && letters !== 't' && letters !== 'w') {
      found.rule.push(arg);
      continue;
    }
    if (letters === '') {
      if (arg.startsWith('-')) return arg;
      if (found.verb !== undefined && found.chain === undefined) found.chain = arg;
      else found.rule.push(arg);
      continue;
    }
    for (const letter of letters) {
      if (letter === 't') found.table = args[++i] ?? '';
      else if (letter === 'n') found.numeric = true;
      else if (letter === 'v') found.verbose = true;
      else if (letter === '0') found.lineNumbers = true;
      else if (letter === 'w') {
        if (/^\d+$/.test(args[i + 1] ?? '')) i += 1;
      } else if (VERBS[letter]) {
        found.verb = VERBS[letter];
        const next = args[i + 1];
        if (next !== undefined && !next.startsWith('-') && next !== '!') {
          found.chain = next;
          i += 1;
        }
      } else if (letter === 'x') found.exact = true;
      else return `-${letter}`;
    }
  }
  return found;
}

function saveText(
  ruleset: Ruleset,
  table: NetfilterTable,
  only: string | undefined,
  verbose: boolean,
): string {
  const names = only === undefined ? chainNames(ruleset, table) : [only];
  const counters = (count: Count = { packets: 0, bytes: 0 }) =>
    verbose ? ` -c ${count.packets} ${count.bytes}` : '';
  const heads = names.map((name) => {
    const chain = chainOf(ruleset, table, name);
    return isBuiltInChain(table, name)
      ? `-P ${name} ${chain?.policy ?? 'ACCEPT'}${counters(chain?.policyCount)}`
      : `-N ${name}`;
  });
  const rules = names.flatMap((name) => {
    const chain = chainOf(ruleset, table, name);
    return (chain?.rules ?? []).map((rule, i) => {
      const target = printTarget(rule.target);
      const matches = printRuleText(name, { ...rule, target: { target: 'NONE' } });
      return `${matches}${counters(chain?.state?.[i])}${target === '' ? '' : ` ${target}`}`;
    });
  });
  return [...heads, ...rules].map((line) => `${line}\n`).join('');
}

const NO_CHAIN = 'No chain/target/match by that name.';

function show(found: Invocation, ruleset: Ruleset, table: NetfilterTable): CommandResult {
  const { chain, verbose } = found;
  if (chain !== undefined && !isBuiltInChain(table, chain) && !chainOf(ruleset, table, chain))
    return plainOf(found.tool, NO_CHAIN);
  const options: ListOptions = { ...found, family: found.tool.family };
  return finished(
    found.verb === 'save'
      ? saveText(ruleset, table, chain, verbose)
      : listChains(ruleset, table, chain, options),
  );
}

function changeRule(
  verb: RuleVerb,
  found: Invocation,
  ruleset: Ruleset,
  table: NetfilterTable,
): CommandResult {
  const { chain = '' } = found;
  ensureTable(ruleset, table);
  const existing = chainOf(ruleset, table, chain);
  if (!existing) return plainOf(found.tool, NO_CHAIN);
  const [first = ''] = found.rule;
  const number = /^\d+$/.test(first) ? Number(first) : undefined;
  if (verb === 'delete' && number !== undefined) {
    if (number < 1 || number > existing.rules.length)
      return plainOf(found.tool, 'Index of deletion too big.');
    spliceRules(existing, number - 1, { remove: 1, add: [] });
    return finished('');
  }
  const chains = Object.keys(ruleset.tables[table]?.chains ?? {});
  const parsed = parseRule(number === undefined ? found.rule : found.rule.slice(1), {
    table,
    chains,
    family: found.tool.family,
  });
  if (!parsed.ok) {
    const { message, style } = parsed.problem;
    return style === 'versioned'
      ? usageError(found.tool, message)
      : finished('', 2, `${message}\n${hintOf(found.tool)}`);
  }
  const rule = parsed.value;
  switch (verb) {
    case 'append':
      appendRule(ruleset, table, chain, rule);
      return finished('');
    case 'insert':
      if ((number ?? 1) > existing.rules.length + 1 || number === 0)
        return plainOf(found.tool, 'Index of insertion too big.');
      insertRule(ruleset, table, chain, rule, number ?? 1);
      return finished('');
    case 'replace':
      if (number === undefined || number < 1 || number > existing.rules.length)
        return plainOf(found.tool, 'Index of replacement too big.');
      spliceRules(existing, number - 1, { remove: 1, add: [rule] });
      return finished('');
    case 'delete':
      return deleteRule(ruleset, table, chain, rule) === 'deleted'
        ? finished('')
        : plainOf(found.tool, 'Bad rule (does a matching rule exist in that chain?).');
    case 'check':
      return indexOfRule(ruleset, table, chain, rule) >= 0
        ? finished('')
        : plainOf(found.tool, 'Bad rule (does a matching rule exist in that chain?).');
  }
}

function changeChain(
  verb: ChainVerb,
  found: Invocation,
  ruleset: Ruleset,
  table: NetfilterTable,
): CommandResult {
  const { chain, rule } = found;
  ensureTable(ruleset, table);
  const names = chain === undefined ? chainNames(ruleset, table) : [chain];
  const exists = (name: string) => chainOf(ruleset, table, name) !== undefined;
  switch (verb) {
    case 'flush':
      if (!names.every(exists)) return plainOf(found.tool, NO_CHAIN);
      for (const name of names) replaceChain(ruleset, table, name, []);
      return finished('');
    case 'new':
      if (chain === undefined) return usageError(found.tool, 'option "-N" requires an argument');
      if (exists(chain)) return plainOf(found.tool, 'Chain already exists.');
      ensureChain(ruleset, table, chain);
      return finished('');
    case 'remove': {
      for (const name of names.filter(
        (one) => chain !== undefined || !isBuiltInChain(table, one),
      )) {
        const outcome = deleteChain(ruleset, table, name);
        if (outcome === 'absent') return plainOf(found.tool, NO_CHAIN);
        if (outcome !== 'deleted')
          return versioned(
            found.tool,
            ` CHAIN_DEL failed (Device or resource busy): chain ${name}`,
            4,
          );
      }
      return finished('');
    }
    case 'policy': {
      const [policy] = rule;
      if (chain === undefined || !isBuiltInChain(table, chain))
        return plainOf(found.tool, 'Bad built-in chain name.');
      if (policy !== 'ACCEPT' && policy !== 'DROP')
        return plainOf(found.tool, "Bad policy name. Run `dmesg' for more information.");
      setPolicy(ruleset, table, chain as NetfilterHook, policy);
      return finished('');
    }
    case 'zero': {
      if (!names.every((name) => exists(name))) return plainOf(found.tool, NO_CHAIN);
      const position = /^\d+$/.test(rule[0] ?? '') ? Number(rule[0]) - 1 : undefined;
      for (const name of names) zeroCounters(ensureChain(ruleset, table, name), position);
      return finished('');
    }
  }
}

/** iptables(8) 1.8.9: -L and -S in its own layout, and -A -I -D -R -C -F -N -X -P -Z over the rules that are evaluated. */
const createTool = (tool: Tool) =>
  // eslint-disable-next-line complexity -- one line a verb.
  onLinux((args, { namespace, mayAdminister }) => {
    if (args[0] === '-V' || args[0] === '--version') return finished(`${versionOf(tool)}\n`);
    const found = parseInvocation(tool, args);
    if (typeof found === 'string') return usageError(tool, `unknown option "${found}"`);
    if (!found.verb) return usageError(tool, 'no command specified');
    if (!(found.table in BUILT_IN_CHAINS)) {
      return versioned(
        tool,
        `table '${found.table}' does not exist\nPerhaps ${tool.name} or your kernel needs to be upgraded.`,
        3,
      );
    }
    if (!mayAdminister)
      return versioned(
        tool,
        'Could not fetch rule set generation id: Permission denied (you must be root)',
        4,
      );
    const table = found.table as NetfilterTable;
    const ruleset = tool.family === 6 ? namespace.ruleset6 : namespace.ruleset;
    switch (found.verb) {
      case 'list':
      case 'save':
        return show(found, ruleset, table);
      case 'append':
      case 'insert':
      case 'delete':
      case 'check':
      case 'replace':
        return changeRule(found.verb, found, ruleset, table);
      case 'flush':
      case 'new':
      case 'remove':
      case 'policy':
      case 'zero':
        return changeChain(found.verb, found, ruleset, table);
    }
  });

export const iptables = createTool({ name: 'iptables', family: 4 });
export const ip6tables = createTool({ name: 'ip6tables', family: 6 });
