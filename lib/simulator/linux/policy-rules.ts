import { cidrContains } from '../base/cidr.ts';
import type { NetworkNamespace, PolicyRule } from './network.ts';

/** Numbers of the tables that have names (/etc/iproute2/rt_tables). */
export const LOCAL_TABLE = 255;
export const MAIN_TABLE = 254;
export const DEFAULT_TABLE = 253;

const TABLE_NAMES: Readonly<Record<number, string>> = {
  [LOCAL_TABLE]: 'local',
  [MAIN_TABLE]: 'main',
  [DEFAULT_TABLE]: 'default',
};

/** `main` for 254, the number itself for a table without a name. */
export const tableName = (table: number): string => TABLE_NAMES[table] ?? String(table);

/** The table that a word of ip(8) means; undefined when it is neither a name nor a number. */
export function parseTableName(text: string): number | undefined {
  const named = Object.entries(TABLE_NAMES).find(([, name]) => name === text);
  if (named) return Number(named[0]);
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

const lookUp = (version: 4 | 6, priority: number, table: number): PolicyRule => ({
  version,
  priority,
  action: { type: 'lookup', table },
});

const DEFAULT_RULES: readonly PolicyRule[] = [
  lookUp(4, 0, LOCAL_TABLE),
  lookUp(6, 0, LOCAL_TABLE),
  lookUp(4, 32_766, MAIN_TABLE),
  lookUp(6, 32_766, MAIN_TABLE),
  lookUp(4, 32_767, DEFAULT_TABLE),
];

/** The rules of a fresh namespace (fib_default_rules_init, fib6_rules_net_init): an array of its own, of shared rules. */
export const defaultRules = (): PolicyRule[] => [...DEFAULT_RULES];

/** Whether a rule is one of those that every namespace begins with. */
export const isDefaultRule = (rule: PolicyRule): boolean =>
  DEFAULT_RULES.some((known) => isSameRule(known, rule));

/** What a rule looks at. */
export interface RuleSubject {
  readonly version: 4 | 6;
  readonly destination: string;
  /** Absent while the kernel is still to choose one. */
  readonly source?: string | undefined;
  readonly mark?: number | undefined;
  /** Absent for a packet of the machine's own. */
  readonly inDevice?: string | undefined;
  readonly outDevice?: string | undefined;
}

const isWithin = (prefix: string | undefined, address: string | undefined) =>
  prefix === undefined || (address !== undefined && cidrContains(prefix, address));

/** fib_rule_match: whether the rule is for this packet. */
export function matchesRule(rule: PolicyRule, subject: RuleSubject): boolean {
  const { mark, inDevice, outDevice } = rule;
  const matches =
    isWithin(rule.from, subject.source) &&
    isWithin(rule.to, subject.destination) &&
    (mark === undefined || (((subject.mark ?? 0) ^ mark.value) & mark.mask) === 0) &&
    (inDevice === undefined || inDevice === (subject.inDevice ?? 'lo')) &&
    (outDevice === undefined || outDevice === subject.outDevice);
  return matches !== (rule.not === true);
}

const isSameRule = (a: PolicyRule, b: PolicyRule) =>
  a === b || (a.priority === b.priority && JSON.stringify(a) === JSON.stringify(b));

/** `ip rule add`: before the rules of a higher priority, after those of the same. The error in ip(8)'s words. */
export function addRule(
  { rules }: Pick<NetworkNamespace, 'rules'>,
  rule: PolicyRule,
): 'RTNETLINK answers: File exists' | undefined {
  if (rules.some((other) => isSameRule(other, rule))) return 'RTNETLINK answers: File exists';
  const next = rules.findIndex(({ priority }) => priority > rule.priority);
  rules.splice(next < 0 ? rules.length : next, 0, rule);
  return undefined;
}

/** The priority of a rule that names none: one less than the second rule has (fib_default_rule_pref). */
export function nextPriority({ rules }: Pick<NetworkNamespace, 'rules'>, version: 4 | 6): number {
  const second = rules.filter((rule) => rule.version === version)[1];
  return second && second.priority > 0 ? second.priority - 1 : 0;
}

/** `ip rule del`: the first rule that has everything `wanted` names. The error in ip(8)'s words. */
export function deleteRule(
  { rules }: Pick<NetworkNamespace, 'rules'>,
  wanted: Partial<PolicyRule> & Pick<PolicyRule, 'version'>,
): 'RTNETLINK answers: No such file or directory' | undefined {
  const index = rules.findIndex((rule) =>
    Object.entries(wanted).every(
      ([key, value]) =>
        value === undefined ||
        JSON.stringify(rule[key as keyof PolicyRule]) === JSON.stringify(value),
    ),
  );
  if (index < 0) return 'RTNETLINK answers: No such file or directory';
  rules.splice(index, 1);
  return undefined;
}

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;

const withoutHost = (cidr: string) => cidr.replace(/\/(?:32|128)$/, '');

function actionText({ action }: PolicyRule): string {
  if (action.type !== 'lookup') return action.type;
  const suppressed =
    action.suppressPrefix === undefined
      ? ''
      : ` suppress_prefixlength ${String(action.suppressPrefix)}`;
  return `lookup ${tableName(action.table)}${suppressed}`;
}

/** One rule as `ip rule` prints it: `32766:\tfrom all lookup main`. */
export function formatRule(rule: PolicyRule): string {
  const parts = [
    ...(rule.not ? ['not'] : []),
    `from ${withoutHost(rule.from ?? 'all')}`,
    ...(rule.to === undefined ? [] : [`to ${withoutHost(rule.to)}`]),
    ...(rule.mark
      ? [
          `fwmark ${hex(rule.mark.value)}${rule.mark.mask >>> 0 === 0xffffffff ? '' : `/${hex(rule.mark.mask)}`}`,
        ]
      : []),
    ...(rule.inDevice === undefined ? [] : [`iif ${rule.inDevice}`]),
    ...(rule.outDevice === undefined ? [] : [`oif ${rule.outDevice}`]),
    actionText(rule),
  ];
  return `${String(rule.priority)}:\t${parts.join(' ')}`;
}
