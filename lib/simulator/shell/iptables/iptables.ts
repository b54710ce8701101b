import type { Count, NetfilterHook, NetfilterTable, Ruleset } from '../../linux/netfilter/rule.ts';
import { printRuleText, printTarget } from '../../linux/netfilter/print/rule-text.ts';
import {
  BUILT_IN_CHAINS,
  chainOf,
  deleteChain,
  ensureChain,
  ensureTable,
  isBuiltInChain,
  replaceChain,
  setPolicy,
  zeroCounters,
} from '../../linux/netfilter/ruleset.ts';
import { renameChain } from '../../linux/netfilter/rename-chain.ts';
import { finished, type CommandResult } from '../command.ts';

import { changeRule, type RuleVerb } from './change-rule.ts';
import { onLinux } from '../namespace-of-place.ts';
import { chainNames, listChains, type ListOptions } from './list-text.ts';
import {
  NO_CHAIN,
  NO_FILTER,
  plainOf,
  usageError,
  versioned,
  versionOf,
  type Tool,
} from './tool.ts';

type ChainVerb = 'flush' | 'new' | 'remove' | 'rename' | 'policy' | 'zero';
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
  E: 'rename',
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
  'rename-chain': 'E',
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
  /** `-L -Z`: counters begin anew after they were shown. */
  isZeroed?: true;
  /** What belongs to a rule, in order. */
  readonly rule: string[];
}

/** Verbs that mean all chains when they name none. */
const WITHOUT_CHAIN: readonly Verb[] = ['list', 'save', 'flush', 'remove', 'zero'];

const letterOf = (verb: Verb) => Object.keys(VERBS).find((letter) => VERBS[letter] === verb) ?? '';

/** Reads flags of the tool up to where a rule begins; `-nvL` may be joined. A text is what is wrong. */
function parseInvocation(tool: Tool, args: readonly string[]): Invocation | { text: string } {
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
      if (arg.startsWith('-')) return { text: `unknown option "${arg}"` };
      if (found.verb !== undefined && found.chain === undefined) found.chain = arg;
      else found.rule.push(arg);
      continue;
    }
    for (const letter of letters) {
      if (letter === 't') {
        const table = args[++i];
        if (table === undefined) return { text: 'option "-t" requires an argument' };
        found.table = table;
      } else if (letter === 'n') found.numeric = true;
      else if (letter === 'v') found.verbose = true;
      else if (letter === '0') found.lineNumbers = true;
      else if (letter === 'w') {
        if (/^\d+$/.test(args[i + 1] ?? '')) i += 1;
      } else if (VERBS[letter]) {
        if (found.verb === 'list' && VERBS[letter] === 'zero') {
          found.isZeroed = true;
          continue;
        }
        if (found.verb) return { text: `Cannot use -${letter} with -${letterOf(found.verb)}` };
        found.verb = VERBS[letter];
        const next = args[i + 1];
        if (next !== undefined && !next.startsWith('-') && next !== '!') {
          found.chain = next;
          i += 1;
        } else if (!WITHOUT_CHAIN.includes(found.verb))
          return { text: `option "-${letter}" requires an argument` };
      } else if (letter === 'x') found.exact = true;
      else return { text: `unknown option "-${letter}"` };
    }
  }
  return found;
}

function saveText(
  ruleset: Ruleset,
  table: NetfilterTable,
  only: string | undefined,
  { verbose, only: number }: { verbose: boolean; only: number | undefined },
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
  const lines = number === undefined ? [...heads, ...rules] : rules.slice(number - 1, number);
  return lines.map((line) => `${line}\n`).join('');
}

function show(found: Invocation, ruleset: Ruleset, table: NetfilterTable): CommandResult {
  const { chain, verbose, rule, ...rest } = found;
  if (chain !== undefined && !isBuiltInChain(table, chain) && !chainOf(ruleset, table, chain)) {
    return versioned(
      found.tool,
      `chain \`${chain}' in table \`${table}' is incompatible, use 'nft' tool.`,
      1,
    );
  }
  const only = /^\d+$/.test(rule[0] ?? '') ? Number(rule[0]) : undefined;
  if (found.verb === 'save') return finished(saveText(ruleset, table, chain, { verbose, only }));
  const options: ListOptions = {
    ...rest,
    verbose,
    family: found.tool.family,
    ...(only !== undefined && { rule: only }),
  };
  const listed = listChains(ruleset, table, chain, options);
  if (found.isZeroed) changeChain('zero', { ...found, rule: [] }, ruleset, table);
  return finished(only === undefined || listed === '' ? listed : `${listed}\n`);
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
    case 'rename': {
      const outcome = renameChain(ruleset, table, chain ?? '', rule[0] ?? '');
      if (outcome === 'absent') return plainOf(found.tool, NO_CHAIN);
      return outcome === 'taken' ? plainOf(found.tool, 'File exists.') : finished('');
    }
    case 'policy': {
      const [policy] = rule;
      if (table === 'nat' && policy === 'DROP') return usageError(found.tool, NO_FILTER);
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
    if ('text' in found) return usageError(tool, found.text);
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
        return changeRule(found.verb, found, ruleset, {
          table,
          sets: Object.keys(namespace.ipsets),
        });
      case 'flush':
      case 'new':
      case 'remove':
      case 'rename':
      case 'policy':
      case 'zero':
        return changeChain(found.verb, found, ruleset, table);
    }
  });

export const iptables = createTool({ name: 'iptables', family: 4 });
export const ip6tables = createTool({ name: 'ip6tables', family: 6 });
