import { SECOND, type Micros } from '../../../base/clock.ts';
import type { Ruleset } from '../rule.ts';
import { elementKey } from './element-key.ts';
import type { Ipset, IpsetType } from './ipset.ts';
import { findNetwork, isAlive } from './look-up.ts';

export type Ipsets = Record<string, Ipset>;

/** Undefined when it is done; otherwise the tool's words. */
export type Complaint = string | undefined;

export const NO_SET = 'The set with the given name does not exist';

const TYPES: readonly IpsetType[] = [
  'hash:ip',
  'hash:net',
  'hash:ip,port',
  'hash:ip,port,net',
  'bitmap:port',
  'list:set',
];

/** The set, ready to be written to: elements that other machines share are copied. */
export function ownIpset(sets: Ipsets, name: string): Ipset | undefined {
  const set = Object.hasOwn(sets, name) ? sets[name] : undefined;
  if (!set?.isShared) return set;
  const own: { -readonly [K in keyof Ipset]: Ipset[K] } = { ...set, elements: { ...set.elements } };
  delete own.isShared;
  return (sets[name] = own);
}

function readOptions(set: Ipset, words: readonly string[]): Ipset | string {
  let found = set;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'comment') {
      found = { ...found, hasComments: true };
      continue;
    }
    if (word === 'counters' || word === 'skbinfo' || word === 'forceadd') continue;
    const value = words[++i];
    if (value === undefined) return `Syntax error: Missing mandatory argument of option \`${word}'`;
    if (word === 'family' && (value === 'inet' || value === 'inet6'))
      found = { ...found, family: value };
    else if (word === 'hashsize') found = { ...found, hashSize: Number(value) };
    else if (word === 'maxelem' || word === 'size')
      found = { ...found, maxElements: Number(value) };
    else if (word === 'timeout') found = { ...found, timeout: Number(value) };
    else if (word === 'range') {
      const [first, last] = value.split('-').map(Number);
      found = { ...found, range: [first ?? 0, last ?? 65_535] };
    } else if (word !== 'bucketsize' && word !== 'initval' && word !== 'netmask')
      return `Unknown argument: \`${word}'`;
  }
  return found;
}

/** `create name type options`. */
export function createIpset(
  sets: Ipsets,
  name: string,
  typeName: string,
  options: readonly string[],
  whenThere: 'complain' | 'keep',
): Complaint {
  const type = TYPES.find((each) => each === typeName);
  if (!type) return `Syntax error: typename '${typeName}' is unknown`;
  if (sets[name])
    return whenThere === 'keep'
      ? undefined
      : 'Set cannot be created: set with the same name already exists';
  const set = readOptions(
    {
      name,
      type,
      family: 'inet',
      hashSize: 1024,
      maxElements: type === 'list:set' ? 8 : 65_536,
      elements: {},
    },
    options,
  );
  if (typeof set === 'string') return set;
  if (type === 'bitmap:port' && !set.range)
    return "Syntax error: Mandatory option `range' of type bitmap:port is missing";
  sets[name] = set;
  return undefined;
}

/** How many rules and sets of sets look into a set. */
export function referencesTo(
  sets: Readonly<Ipsets>,
  rulesets: readonly Ruleset[],
  name: string,
): number {
  const inRules = rulesets
    .flatMap(({ tables }) => Object.values(tables))
    .flatMap(({ chains }) => Object.values(chains))
    .flatMap(({ rules }) => rules)
    .filter(
      ({ matches, target }) =>
        matches.some((match) => match.match === 'set' && match.set === name) ||
        (target.target === 'SET' && target.set === name),
    ).length;
  const inSets = Object.values(sets).filter(
    ({ type, elements }) => type === 'list:set' && Object.hasOwn(elements, name),
  ).length;
  return inRules + inSets;
}

interface ElementOptions {
  comment?: string;
  timeout?: number;
  isException?: true;
}

function readElementOptions(set: Ipset, words: readonly string[]): ElementOptions | string {
  const found: ElementOptions = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'nomatch') found.isException = true;
    else if (word === 'comment') {
      if (!set.hasComments)
        return 'Comment cannot be used: set was created without comment support';
      found.comment = words[++i] ?? '';
    } else if (word === 'timeout') {
      if (set.timeout === undefined)
        return 'Timeout cannot be used: set was created without timeout support';
      found.timeout = Number(words[++i]);
    } else return `Unknown argument: \`${word}'`;
  }
  return found;
}

/** `add name element options`. */
export function addToIpset(
  sets: Ipsets,
  name: string,
  element: string,
  options: readonly string[],
  { now, whenThere }: { now: Micros; whenThere: 'complain' | 'keep' },
): Complaint {
  const set = ownIpset(sets, name);
  if (!set) return NO_SET;
  const key = elementKey(set, element);
  if (!key.ok) return key.text;
  if (set.type === 'list:set' && !sets[key.key])
    return 'Set to be added/deleted/tested as element does not exist';
  const read = readElementOptions(set, options);
  if (typeof read === 'string') return read;
  const old = set.elements[key.key];
  if (old && isAlive(old, now) && whenThere === 'complain')
    return "Element cannot be added to the set: it's already added";
  if (!old && Object.keys(set.elements).length >= set.maxElements)
    return 'Hash is full, cannot add more elements';
  const { timeout = set.timeout, ...rest } = read;
  set.elements[key.key] = {
    ...rest,
    ...(timeout !== undefined && timeout > 0 && { expiresAt: now + timeout * SECOND }),
  };
  return undefined;
}

/** `del name element`. */
export function removeFromIpset(
  sets: Ipsets,
  name: string,
  element: string,
  whenAbsent: 'complain' | 'keep',
): Complaint {
  const set = ownIpset(sets, name);
  if (!set) return NO_SET;
  const key = elementKey(set, element);
  if (!key.ok) return key.text;
  if (!set.elements[key.key])
    return whenAbsent === 'keep'
      ? undefined
      : "Element cannot be deleted from the set: it's not added";
  delete set.elements[key.key];
  return undefined;
}

/** `test name element`: whether it is in the set; a text is a complaint. */
export function testIpset(
  sets: Readonly<Ipsets>,
  name: string,
  element: string,
  now: Micros,
): 'in' | 'not-in' | { readonly complaint: string } {
  const set = sets[name];
  if (!set) return { complaint: NO_SET };
  const key = elementKey(set, element);
  if (!key.ok) return { complaint: key.text };
  const found =
    set.type === 'hash:net' && !element.includes('/')
      ? findNetwork(set, element, now)
      : set.elements[key.key];
  return found && isAlive(found, now) && !found.isException ? 'in' : 'not-in';
}
