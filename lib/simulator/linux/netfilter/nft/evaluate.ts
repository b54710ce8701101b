import type { ObjectRef } from '../../../base/object-ref.ts';
import type { NftLookup } from '../../../trace/step.ts';
import type { TableVerdict } from '../evaluate.ts';
import { evaluateStatement, type StatementResult } from './evaluate-statement.ts';
import type { NftChain, NftRule } from './model.ts';
import { DEEPEST_JUMP } from './rules.ts';
import type { NftComparison, NftSubject } from './subject.ts';

/** A rule that was looked at. */
export interface SeenNftRule {
  readonly chain: string;
  /** 1-based. */
  readonly number: number;
  readonly rule: NftRule;
  readonly matched: boolean;
  readonly lookup?: NftLookup;
  /** Of the element that was found, where it says why it is there; else of the rule. */
  readonly because?: ObjectRef;
}

export interface NftResult {
  readonly outcome: TableVerdict;
  /** Why: of the rule that decided, or of the last element through which the packet came. */
  readonly because?: ObjectRef;
  /** How many rules were looked at. */
  readonly compared: number;
  /** Which, in order; empty when nobody wants to know. */
  readonly seen: readonly SeenNftRule[];
}

/** Chains that lead to one another through maps would never end: so many are read at most. */
const MOST_CHAINS = 1024;

interface Frame {
  chain: string;
  rules: readonly NftRule[];
  next: number;
}

interface Run {
  /** One for all rules of the chains: each is put in as its turn comes. */
  readonly comparison: NftComparison;
  readonly stack: Frame[];
  readonly seen: SeenNftRule[];
  compared: number;
  entered: number;
  lastBecause?: ObjectRef;
}

const DROP: TableVerdict = { verdict: 'drop' };
const ACCEPT: TableVerdict = { verdict: 'accept' };

const frameOf = (chain: string, rules: readonly NftRule[] = []): Frame => ({
  chain,
  rules,
  next: 0,
});

const NO_RULE: NftRule = { handle: 0, statements: [] };

/** Written out rather than spread: this is made for every packet at every base chain. */
const comparisonOf = (subject: NftSubject): NftComparison => ({
  skb: subject.skb,
  table: subject.table,
  audience: subject.audience,
  connection: subject.connection,
  ipsets: subject.ipsets,
  now: subject.now,
  random: subject.random,
  drawLot: subject.drawLot,
  namespace: subject.namespace,
  isLocalAddress: subject.isLocalAddress,
  routeDevice: subject.routeDevice,
  rule: NO_RULE,
  lookup: undefined,
});

/** The statements of one rule, up to the first that decides something. */
function compareRule(run: Run, frame: Frame, rule: NftRule): StatementResult {
  const { comparison } = run;
  comparison.rule = rule;
  comparison.lookup = undefined;
  run.compared += 1;
  let result: StatementResult = 'next';
  for (const statement of rule.statements) {
    result = evaluateStatement(statement, comparison);
    if (result !== 'next') break;
  }
  if (comparison.audience === 'recorder') noteSeen(run, frame, rule, result !== 'break');
  return result;
}

function noteSeen(run: Run, { chain, next }: Frame, rule: NftRule, matched: boolean): void {
  const found = run.comparison.lookup;
  const { because: ofElement, ...lookup } = found ?? { map: '', key: '', element: '' };
  const because = matched ? (ofElement ?? rule.because) : rule.because;
  if (matched && because) run.lastBecause = because;
  run.seen.push({
    chain,
    number: next,
    rule,
    matched,
    ...(found && matched && { lookup }),
    ...(because && { because }),
  });
}

/** Goes where a rule says. A verdict when that ends the base chain. */
function follow(
  run: Run,
  { flow }: Extract<StatementResult, { flow: unknown }>,
): TableVerdict | undefined {
  const { stack, comparison } = run;
  switch (flow.verdict) {
    case 'accept':
      return ACCEPT;
    case 'drop':
      return DROP;
    case 'return':
      stack.pop();
      return undefined;
    case 'continue':
      return undefined;
    case 'jump':
    case 'goto': {
      const next = frameOf(flow.chain, comparison.table.chains[flow.chain]?.rules);
      run.entered += 1;
      if (stack.length > DEEPEST_JUMP || run.entered > MOST_CHAINS) return DROP;
      if (flow.verdict === 'goto') stack.pop();
      stack.push(next);
      return undefined;
    }
  }
}

const isFlow = (result: StatementResult): result is Extract<StatementResult, { flow: unknown }> =>
  typeof result === 'object' && 'flow' in result;

/**
 * nft_do_chain: runs a base chain over a packet. A look-up in a map counts as one comparison, whatever its size; the end
 * of the base chain, or a return from it, is its policy. What it accepts goes on to the next base chain of the hook.
 */
export function evaluateBaseChain(chain: NftChain, subject: NftSubject): NftResult {
  const run: Run = {
    comparison: comparisonOf(subject),
    stack: [frameOf(chain.name, chain.rules)],
    seen: [],
    compared: 0,
    entered: 0,
  };
  const end = (outcome: TableVerdict): NftResult => ({
    outcome,
    compared: run.compared,
    seen: run.seen,
    ...(run.lastBecause && { because: run.lastBecause }),
  });
  for (let frame = run.stack.at(-1); frame; frame = run.stack.at(-1)) {
    const rule = frame.rules[frame.next++];
    if (!rule) {
      run.stack.pop();
      continue;
    }
    const result = compareRule(run, frame, rule);
    if (result === 'next' || result === 'break') continue;
    const outcome = isFlow(result) ? follow(run, result) : result.outcome;
    if (outcome) return end(outcome);
  }
  return end(chain.base?.policy === 'drop' ? DROP : ACCEPT);
}
