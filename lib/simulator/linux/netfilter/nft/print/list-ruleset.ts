import { SECOND, type Micros } from '../../../../base/clock.ts';
import type { NftBase, NftChain, NftElement, NftRuleset, NftSet, NftTable } from '../model.ts';
import { inListOrder, perLine } from './element-order.ts';
import { printNftRule } from './print-rule.ts';
import { printType } from './print-script.ts';
import { printVerdict } from './print-statement.ts';
import { printKey } from './print-value.ts';
import { formatSeconds, quote, type NftStyle } from './style.ts';

export interface ListOptions {
  readonly now: Micros;
  /** `-a`: everything with its handle. */
  readonly handles?: true;
  /** `-s`: no counters, no time that is left. */
  readonly stateless?: true;
  /** `-t`: sets without elements. */
  readonly terse?: true;
  /** `-y`, and `-n`: priorities as numbers. */
  readonly priorities?: 'numeric';
  /** `-n`, `-p`, `-S`. */
  readonly values?: 'numeric' | 'protocols' | 'services';
}

const styleOf = ({ values }: ListOptions): NftStyle => values ?? 'list';

/** Priorities with names, and the hooks that have them (nftables' std_prios). */
const PRIORITIES: readonly (readonly [name: string, priority: number, hook?: NftBase['hook']])[] = [
  ['raw', -300],
  ['mangle', -150],
  ['dstnat', -100, 'PREROUTING'],
  ['filter', 0],
  ['security', 50],
  ['srcnat', 100, 'POSTROUTING'],
];

/** `filter`, `dstnat - 10`, `-110`. */
export function formatPriority({ priority, hook }: Pick<NftBase, 'priority' | 'hook'>): string {
  const near = PRIORITIES.find(
    ([, value, where]) =>
      Math.abs(priority - value) <= 10 && (where === undefined || where === hook),
  );
  if (!near) return String(priority);
  const offset = priority - near[1];
  if (offset === 0) return near[0];
  return `${near[0]} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`;
}

const handleText = (handle: number, { handles }: ListOptions) =>
  handles ? ` # handle ${handle}` : '';

function expiryText({ timeout, expiresAt }: NftElement, options: ListOptions): string {
  const { now } = options;
  if (expiresAt === undefined) return '';
  const own = timeout === undefined ? '' : ` timeout ${formatSeconds(timeout, styleOf(options))}`;
  if (options.stateless) return own;
  const left = Math.max(0, expiresAt - now);
  const whole = Math.floor(left / SECOND);
  const millis = Math.floor((left % SECOND) / 1000);
  const seconds = whole > 0 || millis === 0 ? formatSeconds(whole, 'list') : '';
  return `${own} expires ${seconds}${millis > 0 ? `${millis}ms` : ''}`;
}

function elementText(set: NftSet, element: NftElement, options: ListOptions): string {
  const comment = element.comment === undefined ? '' : ` comment ${quote(element.comment)}`;
  const data =
    element.data !== undefined && Array.isArray(set.data)
      ? printKey(set.data, element.data, styleOf(options))
      : element.data;
  const value = element.verdict ? printVerdict(element.verdict) : data;
  return `${printKey(set.type, element.key, styleOf(options))}${expiryText(element, options)}${comment}${value === undefined ? '' : ` : ${value}`}`;
}

function elementsText(set: NftSet, options: ListOptions): string[] {
  if (options.terse) return [];
  const elements = inListOrder(set).filter(
    ({ expiresAt }) => expiresAt === undefined || expiresAt > options.now,
  );
  if (elements.length === 0) return [];
  const width = perLine(set);
  let text = '';
  elements.forEach((element, i) => {
    if (i > 0) text += i % width === 0 ? ',\n\t\t\t     ' : ', ';
    text += elementText(set, element, options);
  });
  return [`\t\telements = { ${text} }`];
}

/** `set name { ... }` or `map name { ... }`. */
export function listSet(set: NftSet, options: ListOptions): string[] {
  const { flags = [] } = set;
  return [
    `\t${set.kind} ${set.name} {${handleText(set.handle, options)}`,
    `\t\ttype ${printType(set)}`,
    ...(set.size === undefined ? [] : [`\t\tsize ${set.size}`]),
    ...(flags.length > 0 ? [`\t\tflags ${flags.join(',')}`] : []),
    ...(set.timeout === undefined
      ? []
      : [`\t\ttimeout ${formatSeconds(set.timeout, styleOf(options))}`]),
    ...(set.autoMerge ? ['\t\tauto-merge'] : []),
    ...(set.comment === undefined ? [] : [`\t\tcomment ${quote(set.comment)}`]),
    ...elementsText(set, options),
    '\t}',
  ];
}

/** `chain name { ... }`. */
export function listChain(chain: NftChain, options: ListOptions): string[] {
  const { base, comment } = chain;
  return [
    `\tchain ${chain.name} {${handleText(chain.handle, options)}`,
    ...(comment === undefined ? [] : [`\t\tcomment ${quote(comment)}`]),
    ...(base
      ? [
          `\t\ttype ${base.type} hook ${base.hook.toLowerCase()} priority ${options.priorities ? base.priority : formatPriority(base)}; policy ${base.policy ?? 'accept'};`,
        ]
      : []),
    ...chain.rules.map((rule) => {
      const counts = options.stateless ? 'hidden' : rule.counts;
      return `\t\t${printNftRule(rule, styleOf(options), counts)}${handleText(rule.handle, options)}`;
    }),
    '\t}',
  ];
}

/** A table, or the part of it that `only` names. */
export function listTable(
  table: NftTable,
  options: ListOptions,
  only: { sets?: readonly NftSet[]; chains?: readonly NftChain[] } = {},
): string {
  const isPart = only.sets !== undefined || only.chains !== undefined;
  const sets = isPart ? (only.sets ?? []) : Object.values(table.sets);
  const chains = isPart ? (only.chains ?? []) : Object.values(table.chains);
  const head = [
    ...(table.isDormant ? ['\tflags dormant'] : []),
    ...(table.comment === undefined ? [] : [`\tcomment ${quote(table.comment)}`]),
  ];
  const parts = [
    ...sets.map((set) => listSet(set, options)),
    ...chains.map((chain) => listChain(chain, options)),
  ];
  // A blank line stands between members, and behind flags, but not between a comment and what follows.
  const members = parts.map((lines) => lines.join('\n')).join('\n\n');
  const gap = head.length > 0 && table.isDormant && parts.length > 0 ? [''] : [];
  const body = [...(isPart ? [] : [...head, ...gap]), ...(members === '' ? [] : [members])];
  return `table ${table.family} ${table.name} {${isPart ? '' : handleText(table.handle, options)}\n${body.map((line) => `${line}\n`).join('')}}\n`;
}

/** `nft list ruleset`. */
export function listNftRuleset(ruleset: NftRuleset, options: ListOptions): string {
  return Object.values(ruleset.tables)
    .map((table) => listTable(table, options))
    .join('');
}
