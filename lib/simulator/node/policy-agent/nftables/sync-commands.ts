import { isSameJson } from '../../../base/same-json.ts';
import type { NftCommand } from '../../../linux/netfilter/nft/command.ts';
import type {
  NftChain,
  NftElementBody,
  NftRule,
  NftRuleBody,
  NftSet,
  NftTable,
} from '../../../linux/netfilter/nft/model.ts';
import { normalizeNftRule } from '../../../linux/netfilter/nft/normalize.ts';
import type { DesiredSet, DesiredTable } from './desired-table.ts';
import type { TABLE } from './names.ts';

export interface TableName {
  readonly family: 'ip' | 'ip6';
  readonly table: typeof TABLE;
}

function isSameRule(live: NftRule, wanted: NftRuleBody, { family }: TableName): boolean {
  const { statements } = normalizeNftRule(wanted, family);
  return (
    isSameJson(live.statements, statements) &&
    live.comment === wanted.comment &&
    isSameJson(live.because, wanted.because)
  );
}

/** How many rules stand already at the beginning and at the end of a chain: they stay, and so do their counters. */
function keptEnds(at: TableName, live: readonly NftRule[], wanted: readonly NftRuleBody[]) {
  const isSame = (rule: NftRule | undefined, body: NftRuleBody | undefined) =>
    rule !== undefined && body !== undefined && isSameRule(rule, body, at);
  const shorter = Math.min(live.length, wanted.length);
  let first = 0;
  while (first < shorter && isSame(live[first], wanted[first])) first += 1;
  let last = 0;
  while (
    last < shorter - first &&
    isSame(live[live.length - 1 - last], wanted[wanted.length - 1 - last])
  )
    last += 1;
  return { first, last };
}

/** Takes out the rules that are not wanted any more, and puts new ones where they belong. */
function ruleCommands(
  at: TableName,
  chain: string,
  live: NftChain | undefined,
  wanted: readonly NftRuleBody[],
): NftCommand[] {
  const rules = live?.rules ?? [];
  const { first, last } = keptEnds(at, rules, wanted);
  const about = { ...at, object: 'rule', chain } as const;
  const old = rules.slice(first, rules.length - last);
  const added = wanted.slice(first, wanted.length - last);
  // Of those that stay at the end, the first: the new ones go before it.
  const next = rules[rules.length - last];
  return [
    ...old.map(({ handle }): NftCommand => ({ ...about, verb: 'delete', handle })),
    ...added.map((rule): NftCommand =>
      next
        ? { ...about, verb: 'insert', handle: next.handle, rule }
        : { ...about, verb: 'add', rule },
    ),
  ];
}

/** Elements that say the same, once it has been found out: a table that was read from a file has copies. */
const same = new WeakMap<NftElementBody, NftElementBody>();

function isSameElement(live: NftElementBody, wanted: NftElementBody): boolean {
  if (live === wanted || same.get(live) === wanted) return true;
  const isSame =
    live.comment === wanted.comment &&
    isSameJson(live.verdict, wanted.verdict) &&
    isSameJson(live.because, wanted.because);
  if (isSame) same.set(live, wanted);
  return isSame;
}

/** The usual case: nothing in the set has changed. */
function isWritten({ elements }: DesiredSet, { elements: live }: NftSet): boolean {
  let count = 0;
  for (const _ in live) count += 1;
  if (count !== elements.length) return false;
  return elements.every((element) => {
    const there = live[element.key];
    return there !== undefined && isSameElement(there, element);
  });
}

interface ElementChange {
  readonly old: readonly NftElementBody[];
  readonly added: readonly NftElementBody[];
}

function changeOf({ elements }: DesiredSet, live: NftSet | undefined): ElementChange {
  const wanted = new Map(elements.map((element) => [element.key, element]));
  const there = live?.elements ?? {};
  const isThere = (element: NftElementBody) => {
    const before = there[element.key];
    return before !== undefined && isSameElement(before, element);
  };
  return {
    old: Object.values(there).filter((element) => {
      const still = wanted.get(element.key);
      return !still || !isSameElement(element, still);
    }),
    added: elements.filter((element) => !isThere(element)),
  };
}

function elementCommands(
  at: TableName,
  name: string,
  set: DesiredSet,
  live: NftSet | undefined,
): NftCommand[] {
  if (live && isWritten(set, live)) return [];
  const { old, added } = changeOf(set, live);
  const about = { ...at, object: 'element', kind: set.body.kind, name } as const;
  return [
    ...(old.length > 0 ? [{ ...about, verb: 'delete', elements: old } satisfies NftCommand] : []),
    ...(added.length > 0 ? [{ ...about, verb: 'add', elements: added } satisfies NftCommand] : []),
  ];
}

/** Rules go before what they lead to or look into. */
function staleCommands(
  at: TableName,
  live: NftTable,
  { chains, sets }: DesiredTable,
): NftCommand[] {
  const staleChains = Object.keys(live.chains).filter((name) => !chains.has(name));
  const staleSets = Object.values(live.sets).filter(({ name }) => !sets.has(name));
  return [
    ...staleChains.map((chain): NftCommand => ({ ...at, verb: 'flush', object: 'chain', chain })),
    ...staleSets.map(({ name, kind }): NftCommand => ({
      ...at,
      verb: 'delete',
      object: 'set',
      kind,
      name,
    })),
    ...staleChains.map((chain): NftCommand => ({ ...at, verb: 'delete', object: 'chain', chain })),
  ];
}

/**
 * The one transaction that makes of the live table the one that is wanted: what is there already is not spoken of, so that
 * counters go on counting.
 */
export function syncCommands(
  at: TableName,
  live: NftTable | undefined,
  desired: DesiredTable,
): NftCommand[] {
  const { chains, sets } = desired;
  const newSets = [...sets].filter(([name]) => !live?.sets[name]);
  const newChains = [...chains].filter(([name]) => !live?.chains[name]);
  return [
    ...(live
      ? []
      : [{ ...at, verb: 'add', object: 'table', comment: 'rules for network policies' } as const]),
    ...newSets.map(([name, { body }]): NftCommand => ({
      ...at,
      verb: 'add',
      object: 'set',
      name,
      set: body,
    })),
    ...newChains.map(([chain, { base }]): NftCommand => ({
      ...at,
      verb: 'add',
      object: 'chain',
      chain,
      ...(base && { base }),
    })),
    ...[...chains].flatMap(([name, { rules }]) =>
      ruleCommands(at, name, live?.chains[name], rules),
    ),
    ...[...sets].flatMap(([name, set]) => elementCommands(at, name, set, live?.sets[name])),
    ...(live ? staleCommands(at, live, desired) : []),
  ];
}
