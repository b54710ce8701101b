import { copyPlain } from '../../../base/copy.ts';
import type { Chain, Count, NetfilterHook, NetfilterTable, Rule, Ruleset } from '../rule.ts';
import {
  BUILT_IN_CHAINS,
  chainOf,
  createRuleset,
  deleteChain,
  deleteRule,
  ensureChain,
  ensureTable,
  insertRule,
  isBuiltInChain,
  appendRule,
  replaceChain,
  setPolicy,
} from '../ruleset.ts';
import { parseRule } from './parse-rule.ts';
import type { ParseProblem } from './problem.ts';
import { splitWords } from './words.ts';

/** `text` is all that iptables-restore writes to its error output; nothing was changed then. */
export type RestoreResult =
  | { readonly ok: true; readonly ruleset: Ruleset }
  | { readonly ok: false; readonly line: number; readonly text: string; readonly exitCode: 1 | 2 };

/** `flush`: a table that is named is emptied first. `keep` (`--noflush`): only chains that are declared are. */
export type RestoreMode = 'flush' | 'keep';

export interface RestoreOptions {
  /** `flush` when absent. */
  readonly mode?: RestoreMode;
  /** 6 for ip6tables-restore. */
  readonly family?: 4 | 6;
  /** `-c`: the counters in the text are taken; otherwise they begin at 0. */
  readonly counters?: 'restored';
  /** Names of the sets (ipset) that there are; absent: nobody looks whether a rule's set is there. */
  readonly sets?: readonly string[];
}

const LONGEST_CHAIN = 28;

function usageError(tool: string, line: number, { message, style }: ParseProblem): RestoreResult {
  const head = style === 'versioned' ? `${tool} v1.8.9 (nf_tables): ${message}` : message;
  const text = `${head}\nError occurred at line: ${line}\nTry \`${tool} -h' or '${tool} --help' for more information.\n`;
  return { ok: false, line, text, exitCode: 2 };
}

const failureOf = (tool: string, line: number, reason?: string): RestoreResult => ({
  ok: false,
  line,
  text: `${tool}: line ${line} failed${reason === undefined ? '' : `: ${reason}.`}\n`,
  exitCode: 1,
});

const NO_CHAIN = 'No chain/target/match by that name';

interface RuleCommand {
  readonly command: string;
  readonly chain: string;
  readonly rest: readonly string[];
  readonly number: number;
}

/** The text is worked through line by line on a copy of the ruleset, one open table at a time. */
class Restorer {
  private table: NetfilterTable | undefined;
  /** What stands before the rule of this line. */
  private count: Count | undefined;
  /** The first target of this table that is no chain. */
  private missing: ParseProblem | undefined;

  constructor(
    private readonly ruleset: Ruleset,
    private readonly options: RestoreOptions,
  ) {}

  private get tool(): string {
    return this.options.family === 6 ? 'ip6tables-restore' : 'iptables-restore';
  }

  private usage(line: number, problem: ParseProblem): RestoreResult {
    return usageError(this.tool, line, problem);
  }

  private failure(line: number, reason?: string): RestoreResult {
    return failureOf(this.tool, line, reason);
  }

  run(text: string): RestoreResult {
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const [index, line] of lines.entries()) {
      const problem = this.readLine(line.trim(), index + 1);
      if (problem) return problem;
    }
    if (this.table) {
      const at = lines.length + 1;
      return {
        ok: false,
        line: at,
        text: `${this.tool}: COMMIT expected at line ${at}\n`,
        exitCode: 1,
      };
    }
    return { ok: true, ruleset: this.ruleset };
  }

  private readLine(line: string, number: number): RestoreResult | undefined {
    if (line === '' || line.startsWith('#')) return undefined;
    if (line.startsWith('*') && !this.table) return this.openTable(line.slice(1).trim(), number);
    const { table } = this;
    if (!table) return this.failure(number);
    if (line === 'COMMIT') {
      if (this.missing) return this.usage(number, this.missing);
      this.table = undefined;
      return undefined;
    }
    return line.startsWith(':')
      ? this.declareChain(table, line, number)
      : this.runCommand(table, line, number);
  }

  private openTable(name: string, number: number): RestoreResult | undefined {
    if (!(name in BUILT_IN_CHAINS)) {
      return this.usage(number, {
        message: `${this.tool}: line ${number} table name '${name}' invalid`,
        style: 'versioned',
      });
    }
    this.table = name as NetfilterTable;
    if (this.options.mode !== 'keep') delete this.ruleset.tables[this.table];
    ensureTable(this.ruleset, this.table);
    return undefined;
  }

  private declareChain(
    table: NetfilterTable,
    line: string,
    number: number,
  ): RestoreResult | undefined {
    const [name = '', policy = '', counters = ''] = line.slice(1).split(/\s+/);
    if (name.length > LONGEST_CHAIN) {
      return this.usage(number, {
        message: `chain name \`${name}' too long (must be under 29 chars)`,
        style: 'versioned',
      });
    }
    if (!isBuiltInChain(table, name)) {
      replaceChain(this.ruleset, table, name, []);
      return undefined;
    }
    if (policy !== 'ACCEPT' && policy !== 'DROP' && policy !== '-')
      return this.failure(number, 'Bad policy name');
    if (policy !== '-') setPolicy(this.ruleset, table, name as NetfilterHook, policy);
    const counted = /^\[(\d+):(\d+)\]$/.exec(counters);
    const chain = chainOf(this.ruleset, table, name);
    if (chain && counted && this.options.counters === 'restored')
      chain.policyCount = { packets: Number(counted[1]), bytes: Number(counted[2]) };
    return undefined;
  }

  // eslint-disable-next-line complexity -- one line a command.
  private runCommand(
    table: NetfilterTable,
    line: string,
    number: number,
  ): RestoreResult | undefined {
    const counted = /^\[(\d+):(\d+)\]\s*/.exec(line);
    const words = splitWords(line.slice(counted?.[0].length ?? 0));
    const [command = '', chain = '', ...rest] = words;
    this.count = counted ? { packets: Number(counted[1]), bytes: Number(counted[2]) } : undefined;
    switch (command) {
      case '-N':
      case '--new-chain':
        ensureChain(this.ruleset, table, chain);
        return undefined;
      case '-F':
      case '--flush':
        return this.flush(table, chain, number);
      case '-X':
      case '--delete-chain':
        return deleteChain(this.ruleset, table, chain) === 'deleted'
          ? undefined
          : this.failure(number, NO_CHAIN);
      case '-A':
      case '--append':
      case '-I':
      case '--insert':
      case '-D':
      case '--delete':
        return this.changeRules(table, { command, chain, rest, number });
      default:
        return command.startsWith('-')
          ? this.usage(number, { message: `unknown option "${command}"`, style: 'versioned' })
          : this.usage(number, { message: `Bad argument \`${command}'`, style: 'bare' });
    }
  }

  private flush(table: NetfilterTable, chain: string, number: number): RestoreResult | undefined {
    if (chain !== '' && !chainOf(this.ruleset, table, chain)) return this.failure(number, NO_CHAIN);
    const names = chain === '' ? Object.keys(ensureTable(this.ruleset, table).chains) : [chain];
    for (const name of names) replaceChain(this.ruleset, table, name, []);
    return undefined;
  }

  // eslint-disable-next-line complexity -- each line is one reason to refuse.
  private changeRules(
    table: NetfilterTable,
    { command, chain, rest, number }: RuleCommand,
  ): RestoreResult | undefined {
    const isInsert = command === '-I' || command === '--insert';
    const at = isInsert && /^\d+$/.test(rest[0] ?? '') ? Number(rest[0]) : undefined;
    const chains = Object.keys(this.ruleset.tables[table]?.chains ?? {});
    const parsed = parseRule(at === undefined ? rest : rest.slice(1), {
      table,
      chains,
      chain,
      ...(this.options.family && { family: this.options.family }),
      ...(this.options.sets && { sets: this.options.sets }),
    });
    if (!parsed.ok) {
      // Whether a target is a chain is seen when the table is committed.
      if (!/^Chain '.*' does not exist$/.test(parsed.problem.message))
        return this.usage(number, parsed.problem);
      this.missing ??= parsed.problem;
      return undefined;
    }
    const existing = chainOf(this.ruleset, table, chain);
    if (!existing) return this.failure(number, NO_CHAIN);
    const isTooFar = at !== undefined && (at < 1 || at > existing.rules.length + 1);
    if (isTooFar) return this.failure(number, 'Index of insertion too big');
    return this.applyRule(table, chain, parsed.value, { command, at, number });
  }

  private applyRule(
    table: NetfilterTable,
    chain: string,
    rule: Rule,
    { command, at, number }: { command: string; at: number | undefined; number: number },
  ): RestoreResult | undefined {
    if (command === '-D' || command === '--delete') {
      const found = deleteRule(this.ruleset, table, chain, rule) === 'deleted';
      return found
        ? undefined
        : this.failure(number, 'Bad rule (does a matching rule exist in that chain?)');
    }
    if (command === '-A' || command === '--append') appendRule(this.ruleset, table, chain, rule);
    else insertRule(this.ruleset, table, chain, rule, at);
    const target = chainOf(this.ruleset, table, chain);
    if (target && this.count && this.options.counters === 'restored') {
      const position =
        command === '-I' || command === '--insert' ? (at ?? 1) - 1 : target.rules.length - 1;
      (target.state ??= {})[position] = { ...this.count };
    }
    return undefined;
  }
}

/** A copy whose chains can be changed without touching the original; the rules themselves are shared. */
function copyRuleset(ruleset: Ruleset): Ruleset {
  const copy: Ruleset = { ...createRuleset(), ...(ruleset.recent && { recent: ruleset.recent }) };
  for (const [name, table] of Object.entries(ruleset.tables)) {
    const chains: Record<string, Chain> = {};
    for (const [chain, { policy, rules, state, policyCount }] of Object.entries(table.chains))
      chains[chain] = {
        policy,
        rules: [...rules],
        ...(state && { state: copyPlain(state) }),
        ...(policyCount && { policyCount: { ...policyCount } }),
      };
    copy.tables[name as NetfilterTable] = { chains };
  }
  return copy;
}

/**
 * What `iptables-restore` makes of `text` (its own format, or what iptables-save printed) on top of `ruleset`: a new
 * ruleset, or the tool's complaint. All or nothing.
 * Simplified: the real tool commits table by table; a refused nat target outside the nat table is not noticed.
 */
export function restoreIptables(
  ruleset: Ruleset,
  text: string,
  options: RestoreMode | RestoreOptions = 'flush',
): RestoreResult {
  const all = typeof options === 'string' ? { mode: options } : options;
  return new Restorer(copyRuleset(ruleset), all).run(text);
}
