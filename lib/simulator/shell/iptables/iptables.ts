import type { NetfilterHook, NetfilterTable, Ruleset } from '../../linux/netfilter/rule.ts';
import { parseRule } from '../../linux/netfilter/parse/parse-rule.ts';
import { printRuleText } from '../../linux/netfilter/print/rule-text.ts';
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
} from '../../linux/netfilter/ruleset.ts';
import { finished, type CommandResult } from '../command.ts';
import { onLinux } from '../namespace-of-place.ts';
import { chainNames, listChains, type ListOptions } from './list-text.ts';

const TOOL = 'iptables v1.8.9 (nf_tables)';
const TRY = "Try `iptables -h' or 'iptables --help' for more information.\n";

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
  table: string;
  verb?: Verb;
  chain?: string;
  numeric: boolean;
  verbose: boolean;
  lineNumbers: boolean;
  /** What belongs to a rule, in order. */
  readonly rule: string[];
}

const versioned = (text: string, exitCode: number) => finished('', exitCode, `${TOOL}: ${text}\n`);
const usageError = (text: string) => finished('', 2, `${TOOL}: ${text}\n${TRY}`);
const plain = (text: string) => finished('', 1, `iptables: ${text}\n`);

/** Reads flags of the tool up to where a rule begins; `-nvL` may be joined. A text is an unknown option. */
function parseInvocation(args: readonly string[]): Invocation | string {
  const found: Invocation = {
    table: 'filter',
    numeric: false,
    verbose: false,
    lineNumbers: false,
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
      } else if (letter !== 'x') return `-${letter}`;
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
  const counters = verbose ? ' -c 0 0' : '';
  const heads = names.map((name) =>
    isBuiltInChain(table, name)
      ? `-P ${name} ${chainOf(ruleset, table, name)?.policy ?? 'ACCEPT'}${counters}`
      : `-N ${name}`,
  );
  const rules = names.flatMap((name) =>
    (chainOf(ruleset, table, name)?.rules ?? []).map((rule) =>
      verbose
        ? printRuleText(name, rule)
            .replace(`-A ${name}`, `-A ${name}${counters}`)
            .replace(/^(-A \S+) -c 0 0(.*?)( -j .*)?$/, '$1$2 -c 0 0$3')
        : printRuleText(name, rule),
    ),
  );
  return [...heads, ...rules].map((line) => `${line}\n`).join('');
}

const NO_CHAIN = 'No chain/target/match by that name.';

function show(found: Invocation, ruleset: Ruleset, table: NetfilterTable): CommandResult {
  const { chain, verbose } = found;
  if (chain !== undefined && !isBuiltInChain(table, chain) && !chainOf(ruleset, table, chain))
    return plain(NO_CHAIN);
  const options: ListOptions = found;
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
  if (!existing) return plain(NO_CHAIN);
  const [first = ''] = found.rule;
  const number = /^\d+$/.test(first) ? Number(first) : undefined;
  if (verb === 'delete' && number !== undefined) {
    if (number < 1 || number > existing.rules.length) return plain('Index of deletion too big.');
    existing.rules.splice(number - 1, 1);
    return finished('');
  }
  const chains = Object.keys(ruleset.tables[table]?.chains ?? {});
  const parsed = parseRule(number === undefined ? found.rule : found.rule.slice(1), {
    table,
    chains,
  });
  if (!parsed.ok) {
    const { message, style } = parsed.problem;
    return style === 'versioned' ? usageError(message) : finished('', 2, `${message}\n${TRY}`);
  }
  const rule = parsed.value;
  switch (verb) {
    case 'append':
      appendRule(ruleset, table, chain, rule);
      return finished('');
    case 'insert':
      if ((number ?? 1) > existing.rules.length + 1 || number === 0)
        return plain('Index of insertion too big.');
      insertRule(ruleset, table, chain, rule, number ?? 1);
      return finished('');
    case 'replace':
      if (number === undefined || number < 1 || number > existing.rules.length)
        return plain('Index of replacement too big.');
      existing.rules.splice(number - 1, 1);
      insertRule(ruleset, table, chain, rule, number);
      return finished('');
    case 'delete':
      return deleteRule(ruleset, table, chain, rule) === 'deleted'
        ? finished('')
        : plain('Bad rule (does a matching rule exist in that chain?).');
    case 'check':
      return indexOfRule(ruleset, table, chain, rule) >= 0
        ? finished('')
        : plain('Bad rule (does a matching rule exist in that chain?).');
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
      if (!names.every(exists)) return plain(NO_CHAIN);
      for (const name of names) replaceChain(ruleset, table, name, []);
      return finished('');
    case 'new':
      if (chain === undefined) return usageError('option "-N" requires an argument');
      if (exists(chain)) return plain('Chain already exists.');
      ensureChain(ruleset, table, chain);
      return finished('');
    case 'remove': {
      for (const name of names.filter(
        (one) => chain !== undefined || !isBuiltInChain(table, one),
      )) {
        const outcome = deleteChain(ruleset, table, name);
        if (outcome === 'absent') return plain(NO_CHAIN);
        if (outcome !== 'deleted')
          return versioned(` CHAIN_DEL failed (Device or resource busy): chain ${name}`, 4);
      }
      return finished('');
    }
    case 'policy': {
      const [policy] = rule;
      if (chain === undefined || !isBuiltInChain(table, chain))
        return plain('Bad built-in chain name.');
      if (policy !== 'ACCEPT' && policy !== 'DROP')
        return plain("Bad policy name. Run `dmesg' for more information.");
      setPolicy(ruleset, table, chain as NetfilterHook, policy);
      return finished('');
    }
    case 'zero':
      return finished('');
  }
}

/** iptables(8) 1.8.9: -L and -S in its own layout, and -A -I -D -R -C -F -N -X -P over the rules that are evaluated. */
export const iptables = onLinux((args, { namespace, mayAdminister }) => {
  if (args[0] === '-V' || args[0] === '--version') return finished(`${TOOL}\n`);
  const found = parseInvocation(args);
  if (typeof found === 'string') return usageError(`unknown option "${found}"`);
  if (!found.verb) return usageError('no command specified');
  if (!(found.table in BUILT_IN_CHAINS)) {
    return versioned(
      `table '${found.table}' does not exist\nPerhaps iptables or your kernel needs to be upgraded.`,
      3,
    );
  }
  if (!mayAdminister)
    return versioned(
      'Could not fetch rule set generation id: Permission denied (you must be root)',
      4,
    );
  const table = found.table as NetfilterTable;
  const { ruleset } = namespace;
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
