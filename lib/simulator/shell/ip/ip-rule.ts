import { networkOf } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import type { PolicyRule } from '../../linux/network.ts';
import {
  addRule,
  deleteRule,
  formatRule,
  isDefaultRule,
  MAIN_TABLE,
  nextPriority,
  parseTableName,
} from '../../linux/policy-rules.ts';
import { finished, type CommandResult } from '../command.ts';
import type { LocalSystem } from '../namespace-of-place.ts';
import type { IpOptions } from './ip-options.ts';

const fail = (text: string, exitCode = 2) => finished('', exitCode, `${text}\n`);

type Draft = { -readonly [K in keyof PolicyRule]?: PolicyRule[K] };

const FULL_MASK = 0xffff_ffff;

function parseMark(text: string): PolicyRule['mark'] | undefined {
  const [value, mask] = text.split('/').map(Number);
  if (value === undefined || Number.isNaN(value) || Number.isNaN(mask ?? 0)) return undefined;
  return { value, mask: mask ?? FULL_MASK };
}

/** A prefix; a bare address is one of full length, `all` is none. A text that is none gives null. */
function parsePrefix(text: string): string | undefined | null {
  if (text === 'all' || text === 'any' || text === 'default') return undefined;
  const version = ipVersion(text);
  if (version !== undefined) return `${text}/${version === 6 ? 128 : 32}`;
  return networkOf(text) ?? null;
}

/** Reads one selector or action into the draft. The error, or undefined. */
function readWord(draft: Draft, word: string, value: string): string | undefined {
  switch (word) {
    case 'from':
    case 'to': {
      const prefix = parsePrefix(value);
      if (prefix === null) return `Error: any valid prefix is expected rather than "${value}".`;
      if (prefix !== undefined) draft[word] = prefix;
      return undefined;
    }
    case 'fwmark': {
      const mark = parseMark(value);
      if (!mark) return `Error: argument "${value}" is wrong: fwmark value is invalid\n`;
      draft.mark = mark;
      return undefined;
    }
    case 'iif':
    case 'dev':
      draft.inDevice = value;
      return undefined;
    case 'oif':
      draft.outDevice = value;
      return undefined;
    case 'table':
    case 'lookup': {
      const table = parseTableName(value);
      if (table === undefined) return `Error: argument "${value}" is wrong: invalid table ID\n`;
      draft.action = { type: 'lookup', table };
      return undefined;
    }
    case 'prio':
    case 'pref':
    case 'preference':
    case 'priority':
    case 'order':
      if (!/^\d+$/.test(value))
        return `Error: argument "${value}" is wrong: preference value is invalid\n`;
      draft.priority = Number(value);
      return undefined;
    default:
      return `Error: argument "${word}" is wrong: Failed to parse rule type`;
  }
}

function readRule(words: readonly string[], version: 4 | 6): Draft | string {
  const draft: Draft = { version };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'not') draft.not = true;
    else if (word === 'blackhole' || word === 'unreachable' || word === 'prohibit') {
      draft.action = { type: word };
    } else if (word === 'suppress_prefixlength' || word === 'sup_pl') {
      const table = draft.action?.type === 'lookup' ? draft.action.table : MAIN_TABLE;
      draft.action = { type: 'lookup', table, suppressPrefix: Number(words[++i]) };
    } else {
      const problem = readWord(draft, word, words[++i] ?? '');
      if (problem !== undefined) return problem;
    }
  }
  return draft;
}

function add(draft: Draft, version: 4 | 6, { namespace }: LocalSystem): CommandResult {
  const rule: PolicyRule = {
    ...draft,
    version,
    priority: draft.priority ?? nextPriority(namespace, version),
    action: draft.action ?? { type: 'lookup', table: MAIN_TABLE },
  };
  const problem = addRule(namespace, rule);
  return problem === undefined ? finished('') : fail(problem);
}

/** Whether a rule has everything that the question names. */
const hasAll = (rule: PolicyRule, wanted: Draft) =>
  Object.entries(wanted).every(
    ([key, value]) => JSON.stringify(rule[key as keyof PolicyRule]) === JSON.stringify(value),
  );

/** A rule, with a mark at devices that are not there; `-d` says who made it. */
function lineOf(rule: PolicyRule, { namespace }: LocalSystem, details: boolean): string {
  let text = formatRule(rule);
  for (const [word, device] of [
    ['iif', rule.inDevice],
    ['oif', rule.outDevice],
  ] as const)
    if (device !== undefined && !namespace.links[device])
      text = text.replace(` ${word} ${device}`, ` ${word} ${device} [detached]`);
  return details ? `${text} proto ${isDefaultRule(rule) ? 'kernel' : 'unspec'}` : text;
}

/** `ip rule show|add|del|flush`. */
export function ipRule(
  words: readonly string[],
  { family, details }: IpOptions,
  system: LocalSystem,
): CommandResult {
  const [verb = 'show', ...rest] = words;
  const version = family ?? 4;
  const { rules } = system.namespace;
  const is = (name: string) => verb !== '' && name.startsWith(verb);
  if (is('show') || is('list') || verb === 'lst') {
    const wanted = readRule(rest, version);
    if (typeof wanted === 'string')
      return fail(wanted, wanted.includes('prefix is expected') ? 1 : 255);
    const shown = rules.filter((rule) => rule.version === version && hasAll(rule, wanted));
    return finished(shown.map((rule) => `${lineOf(rule, system, details)}\n`).join(''));
  }
  const known = (['add', 'delete', 'flush'] as const).find(is);
  if (known === undefined) return fail(`Command "${verb}" is unknown, try "ip rule help".`, 255);
  if (known !== 'flush' && rest.length === 0) {
    return fail(`"ip rule ${known === 'add' ? 'add' : 'del'}" requires arguments.`, 1);
  }
  const draft = readRule(rest, version);
  if (typeof draft === 'string') return fail(draft, draft.includes('prefix is expected') ? 1 : 255);
  if (!system.mayAdminister) return fail('RTNETLINK answers: Operation not permitted');
  switch (known) {
    case 'add':
      return add(draft, version, system);
    case 'delete': {
      const problem = deleteRule(system.namespace, { ...draft, version });
      return problem === undefined ? finished('') : fail(problem);
    }
    case 'flush': {
      // The rule of the local table stays (iprule_flush_or_save).
      const left = rules.filter((rule) => rule.version !== version || rule.priority === 0);
      rules.splice(0, rules.length, ...left);
      return finished('');
    }
  }
}
