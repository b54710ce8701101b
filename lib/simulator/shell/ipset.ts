import {
  addToIpset,
  createIpset,
  NO_SET,
  ownIpset,
  referencesTo,
  removeFromIpset,
  testIpset,
  type Complaint,
  type Ipsets,
} from '../linux/netfilter/ipset/edit-ipset.ts';
import { listIpset, saveIpsets } from '../linux/netfilter/ipset/print.ts';
import { splitWords } from '../linux/netfilter/parse/words.ts';
import type { NetworkNamespace } from '../linux/network.ts';
import type { Micros } from '../base/clock.ts';
import { finished, type CommandResult } from './command.ts';
import { onLinux } from './namespace-of-place.ts';

const VERSION = 'ipset v7.17';
const TRY = "Try `ipset help' for more information.\n";

const complain = (text: string) => finished('', 1, `${VERSION}: ${text}\n`);

const done = (complaint: Complaint) =>
  complaint === undefined ? finished('') : complain(complaint);

interface Session {
  readonly sets: Ipsets;
  readonly namespace: NetworkNamespace;
  readonly now: Micros;
  /** `-exist`: what is there already, or gone, is no mistake. */
  readonly whenOdd: 'complain' | 'keep';
}

const usesOf = ({ sets, namespace }: Session, name: string) =>
  referencesTo(sets, [namespace.ruleset, namespace.ruleset6], name);

/** The set of that name, or all; undefined when there is none of that name. */
function chosen({ sets }: Session, name: string | undefined) {
  if (name === undefined) return Object.values(sets);
  const set = sets[name];
  return set && [set];
}

function destroy(session: Session, name: string | undefined): Complaint {
  const names = name === undefined ? Object.keys(session.sets) : [name];
  if (name !== undefined && !session.sets[name]) return NO_SET;
  if (names.some((each) => usesOf(session, each) > 0))
    return 'Set cannot be destroyed: it is in use by a kernel component';
  for (const each of names) delete session.sets[each];
  return undefined;
}

function flush(session: Session, name: string | undefined): Complaint {
  const found = chosen(session, name);
  if (!found) return NO_SET;
  for (const set of found) {
    const { elements = {} } = ownIpset(session.sets, set.name) ?? {};
    for (const key of Object.keys(elements)) delete elements[key];
  }
  return undefined;
}

function list(session: Session, words: readonly string[]): CommandResult {
  const isNames = words.includes('-n') || words.includes('-name');
  const found = chosen(
    session,
    words.find((word) => !word.startsWith('-')),
  );
  if (!found) return complain(NO_SET);
  if (isNames) return finished(found.map(({ name }) => `${name}\n`).join(''));
  return finished(
    found.map((set) => listIpset(set, usesOf(session, set.name), session.now)).join('\n'),
  );
}

function rename(session: Session, from: string, to: string): Complaint {
  const set = session.sets[from];
  if (!set) return NO_SET;
  if (session.sets[to]) return 'Set cannot be renamed: a set with the new name already exists';
  if (usesOf(session, from) > 0) return 'Set cannot be renamed: it is in use by another system';
  delete session.sets[from];
  session.sets[to] = { ...set, name: to };
  return undefined;
}

/** The contents change places; the names, and the rules that look into them, stay. */
function swap({ sets }: Session, first: string, second: string): Complaint {
  const [a, b] = [sets[first], sets[second]];
  if (!a || !b) return NO_SET;
  if (a.type !== b.type || a.family !== b.family)
    return 'The sets cannot be swapped: their type does not match';
  sets[first] = { ...b, name: first };
  sets[second] = { ...a, name: second };
  return undefined;
}

function test(session: Session, name: string, element: string): CommandResult {
  const result = testIpset(session.sets, name, element, session.now);
  if (typeof result === 'object') return complain(result.complaint);
  return result === 'in'
    ? finished('', 0, `Warning: ${element} is in set ${name}.\n`)
    : finished('', 1, `${element} is NOT in set ${name}.\n`);
}

/** Commands from a pipe, up to the first that fails. */
function restore(session: Session, text: string): CommandResult {
  for (const [i, line] of text.split('\n').entries()) {
    const words = splitWords(line.trim());
    if (words.length === 0 || line.startsWith('#') || words[0] === 'COMMIT') continue;
    const result = runIpset(session, words, '');
    if (result.type === 'finished' && result.exitCode !== 0) {
      const text_ = result.stderr.replace(`${VERSION}: `, `${VERSION}: Error in line ${i + 1}: `);
      return { ...result, stderr: text_ };
    }
  }
  return finished('');
}

const CHANGES = ['create', 'add', 'del', 'test', 'rename', 'swap'] as const;

/** Long and short names of the commands that take a set and one more word. */
const SHORT: Readonly<Record<string, (typeof CHANGES)[number]>> = {
  N: 'create',
  n: 'create',
  A: 'add',
  D: 'del',
  T: 'test',
  E: 'rename',
  e: 'rename',
  W: 'swap',
  w: 'swap',
};

function change(
  session: Session,
  verb: (typeof CHANGES)[number],
  words: readonly string[],
): CommandResult {
  const { sets, now, whenOdd } = session;
  const [name, element, ...rest] = words;
  if (name === undefined || element === undefined)
    return finished('', 2, `${VERSION}: Missing mandatory argument to command ${verb}\n${TRY}`);
  switch (verb) {
    case 'create':
      return done(createIpset(sets, name, element, rest, whenOdd));
    case 'add':
      return done(addToIpset(sets, name, element, rest, { now, whenThere: whenOdd }));
    case 'del':
      return done(removeFromIpset(sets, name, element, whenOdd));
    case 'test':
      return test(session, name, element);
    case 'rename':
      return done(rename(session, name, element));
    case 'swap':
      return done(swap(session, name, element));
  }
}

// eslint-disable-next-line complexity -- one line a command.
function runIpset(session: Session, words: readonly string[], stdin: string): CommandResult {
  const [command = '', name] = words;
  const verb = command.replace(/^--?/, '');
  if (verb === 'list' || verb === 'L') return list(session, words.slice(1));
  if (verb === 'save' || verb === 'S') {
    const found = chosen(session, name);
    return found ? finished(saveIpsets(found, session.now)) : complain(NO_SET);
  }
  if (verb === 'restore' || verb === 'R') return restore(session, stdin);
  if (verb === 'flush' || verb === 'F') return done(flush(session, name));
  if (verb === 'destroy' || verb === 'x' || verb === 'X') return done(destroy(session, name));
  const known = SHORT[verb] ?? CHANGES.find((each) => each === verb);
  if (known) return change(session, known, words.slice(1));
  const what = command === '' ? '.' : `: unknown argument ${command}`;
  return finished('', 2, `${VERSION}: No command specified${what}\n${TRY}`);
}

/** ipset(8) 7.17: create, add, del, test, list, save, restore, flush, destroy, rename, swap over the sets that rules look into. */
export const ipset = onLinux((args, { namespace, mayAdminister }, { cluster, stdin }) => {
  if (args.some((arg) => ['-v', '--version', 'version', '-V'].includes(arg)))
    return finished('ipset v7.17, protocol version: 7\n');
  if (!mayAdminister && args.length > 0)
    return complain('Kernel error received: Operation not permitted');
  const isQuiet = args.some((arg) => arg === '-exist' || arg === '-!' || arg === '--exist');
  const words = args.filter(
    (arg) => !['-exist', '-!', '--exist', '-q', '-o', 'plain'].includes(arg),
  );
  const session: Session = {
    sets: namespace.ipsets,
    namespace,
    now: cluster.now,
    whenOdd: isQuiet ? 'keep' : 'complain',
  };
  return runIpset(session, words, stdin);
});
