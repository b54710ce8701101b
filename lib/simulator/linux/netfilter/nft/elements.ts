import { SECOND, type Micros } from '../../../base/clock.ts';
import { setMember, type Transaction } from './transaction.ts';
import type { NftCommand, NftComplaint, NftProblem } from './command.ts';
import type { NftElement, NftElementBody, NftSet, NftTable } from './model.ts';
import { referencesOfElement } from './references.ts';
import { countReferences, findMissing } from './rules.ts';
import { boundsOf, canonicalKey, JOINT, keyMatches, rangeText } from './value.ts';

type ElementCommand = Extract<NftCommand, { object: 'element' }>;
type ProblemText = NftProblem['text'];

const hasFlag = (set: NftSet, flag: 'interval' | 'timeout') => set.flags?.includes(flag) ?? false;

/** Whether two keys of an interval set have a value in common. */
function overlaps({ type }: NftSet, a: string, b: string): boolean {
  const others = b.split(JOINT);
  return a.split(JOINT).every((part, i) => {
    const [first, last] = boundsOf(type[i] ?? 'integer', part);
    const [from, to] = boundsOf(type[i] ?? 'integer', others[i] ?? '');
    return first <= to && from <= last;
  });
}

/** An element that was put there (or that a packet made) at `now`. */
export function makeElement(set: NftSet, body: NftElementBody, now: Micros): NftElement {
  const seconds = body.timeout ?? set.timeout;
  return seconds === undefined ? body : { ...body, expiresAt: now + seconds * SECOND };
}

const isAlive = (element: NftElement, now: Micros) =>
  element.expiresAt === undefined || element.expiresAt > now;

/**
 * The element that a key has. A look-up by hash; only a set of intervals is searched, and only when the key itself is not
 * in it.
 */
export function findElement(set: NftSet, key: string, now: Micros): NftElement | undefined {
  const element = Object.hasOwn(set.elements, key) ? set.elements[key] : undefined;
  if (element) return isAlive(element, now) ? element : undefined;
  if (!hasFlag(set, 'interval')) return undefined;
  return Object.values(set.elements).find(
    (candidate) => keyMatches(set.type, candidate.key, key) && isAlive(candidate, now),
  );
}

const isSameData = (a: NftElementBody, b: NftElementBody) =>
  a.data === b.data && JSON.stringify(a.verdict) === JSON.stringify(b.verdict);

/** A prefix or a range is for sets of intervals alone. */
function intervalComplaint(set: NftSet, key: string): NftComplaint | undefined {
  if (hasFlag(set, 'interval') || !/[-/]/.test(key)) return undefined;
  const isWide = key.split(JOINT).some((part, i) => {
    const [first, last] = boundsOf(set.type[i] ?? 'integer', part);
    return first !== last;
  });
  if (!isWide) return undefined;
  return key.includes('/')
    ? "You must add 'flags interval' to your set declaration if you want to add prefix elements"
    : "You must add 'flags interval' to your set declaration if you want to add range elements";
}

/** Key and data in the spelling in which they are kept; undefined when they are none of the set's types. */
function canonicalElement(set: NftSet, body: NftElementBody): NftElementBody | undefined {
  const key = canonicalKey(set.type, body.key);
  const isPlain = set.data === undefined || set.data === 'verdict' || body.data === undefined;
  const data = isPlain ? body.data : canonicalKey(set.data, body.data);
  if (key === undefined || (body.data !== undefined && data === undefined)) return undefined;
  const hasValue = body.verdict !== undefined || data !== undefined;
  if (hasValue !== (set.data !== undefined)) return undefined;
  // Mostly it is written as it is kept: then all who have the element share it.
  if (key === body.key && data === body.data) return body;
  return { ...body, key, ...(data !== undefined && { data }) };
}

/** With auto-merge, an interval and all that it touches become one. */
function mergeIntervals(transaction: Transaction, set: NftSet, element: NftElementBody): void {
  const [type = 'integer'] = set.type;
  let [first, last] = boundsOf(type, element.key);
  for (const key of Object.keys(set.elements)) {
    const [from, to] = boundsOf(type, key);
    if (to + 1n < first || last + 1n < from) continue;
    if (from < first) first = from;
    if (to > last) last = to;
    setMember(transaction, set.elements, key, undefined);
  }
  const key = rangeText(type, first, last);
  setMember(transaction, set.elements, key, makeElement(set, { ...element, key }, transaction.now));
}

function addElement(
  transaction: Transaction,
  table: NftTable,
  set: NftSet,
  body: NftElementBody,
  verb: 'add' | 'create',
): ProblemText | undefined {
  const element = canonicalElement(set, body);
  if (!element) return 'Invalid argument';
  const { key } = element;
  const complaint = intervalComplaint(set, key);
  if (complaint) return complaint;
  const old = set.elements[key];
  if (old && isAlive(old, transaction.now)) {
    return verb === 'create' || !isSameData(old, element) ? 'File exists' : undefined;
  }
  if (set.size !== undefined && Object.keys(set.elements).length >= set.size)
    return 'Too many open files in system';
  if (set.autoMerge && set.kind === 'set' && set.type.length === 1) {
    mergeIntervals(transaction, set, element);
    return undefined;
  }
  if (hasFlag(set, 'interval') && Object.keys(set.elements).some((one) => overlaps(set, one, key)))
    return 'interval overlaps with an existing one';
  const references = referencesOfElement(element);
  const missing = findMissing(transaction, table, references);
  if (missing) return missing;
  setMember(transaction, set.elements, key, makeElement(set, element, transaction.now));
  countReferences(transaction, table, references, 1);
  return undefined;
}

/** nf_tables_newsetelem. */
export function addElements(
  transaction: Transaction,
  table: NftTable,
  { verb, name, elements }: ElementCommand,
): ProblemText | undefined {
  const set = table.sets[name];
  if (!set) return 'No such file or directory';
  for (const element of elements) {
    const problem = addElement(
      transaction,
      table,
      set,
      element,
      verb === 'create' ? 'create' : 'add',
    );
    if (!problem) continue;
    transaction.culprit = { what: 'element', name: element.key };
    return problem;
  }
  return undefined;
}

function dropElement(
  transaction: Transaction,
  table: NftTable,
  set: NftSet,
  element: NftElement,
): void {
  setMember(transaction, set.elements, element.key, undefined);
  countReferences(transaction, table, referencesOfElement(element), -1);
}

/** nf_tables_delsetelem. */
export function removeElements(
  transaction: Transaction,
  table: NftTable,
  { verb, name, elements }: ElementCommand,
): ProblemText | undefined {
  const set = table.sets[name];
  if (!set) return 'No such file or directory';
  for (const { key } of elements) {
    const element = set.elements[canonicalKey(set.type, key) ?? key];
    if (element) dropElement(transaction, table, set, element);
    else if (verb === 'delete') {
      transaction.culprit = { what: 'element', name: key };
      return 'No such file or directory';
    }
  }
  return undefined;
}

/** `flush set`, `flush map`. */
export function flushElements(
  transaction: Transaction,
  table: NftTable,
  name: string,
): ProblemText | undefined {
  const set = table.sets[name];
  if (!set) return 'No such file or directory';
  for (const element of Object.values(set.elements)) dropElement(transaction, table, set, element);
  return undefined;
}
