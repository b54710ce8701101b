import type { NatTarget, TableVerdict } from '../evaluate.ts';
import type { RejectWith } from '../rule.ts';
import { evaluateExpression, findAnonymous } from './evaluate-expression.ts';
import { findElement, makeElement } from './elements.ts';
import { evaluateLimit } from './evaluate-limit.ts';
import { evaluateMatch } from './evaluate-match.ts';
import type { NftExpression } from './expression.ts';
import { printVerdict } from './print/print-statement.ts';
import type {
  NftNat,
  NftRejectWith,
  NftStatement,
  NftVerdict,
  NftVerdictMapping,
} from './statement.ts';
import type { NftComparison } from './subject.ts';
import { JOINT } from './value.ts';

/** What a statement does: the next one is read, the rule ends, chains change, or the packet's fate is known. */
export type StatementResult =
  'next' | 'break' | { readonly flow: NftVerdict } | { readonly outcome: TableVerdict };

function rejectWith(reject: NftRejectWith | undefined, version: 4 | 6): RejectWith {
  if (reject?.with === 'tcp-reset') return 'tcp-reset';
  const type = reject?.type ?? 'port-unreachable';
  if (version === 6) {
    if (type === 'no-route') return 'icmp6-no-route';
    if (type === 'admin-prohibited') return 'icmp6-adm-prohibited';
    if (type === 'addr-unreachable' || type === 'host-unreachable') return 'icmp6-addr-unreachable';
    return 'icmp6-port-unreachable';
  }
  if (type === 'admin-prohibited' || type === 'net-prohibited' || type === 'host-prohibited')
    return 'icmp-admin-prohibited';
  if (type === 'host-unreachable') return 'icmp-host-unreachable';
  if (type === 'net-unreachable' || type === 'no-route') return 'icmp-net-unreachable';
  return type === 'prot-unreachable' ? 'icmp-proto-unreachable' : 'icmp-port-unreachable';
}

const withPort = (address: string, port: string) =>
  port === '' ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** `dnat to`: an address, a port, or both, some of them looked up. */
function natTarget(
  { nat, address, port, flags }: NftNat,
  comparison: NftComparison,
): NatTarget | undefined {
  const found = address ? evaluateExpression(address, comparison) : '';
  const ports = port ? evaluateExpression(port, comparison) : '';
  if (found === undefined || ports === undefined) return undefined;
  const [to = '', mappedPort] = found.split(JOINT);
  const { skb } = comparison;
  const kept = nat === 'dnat' ? skb.packet.destination : skb.packet.source;
  const random = flags?.some((flag) => flag !== 'persistent') ? { randomFully: true as const } : {};
  return nat === 'dnat'
    ? { target: 'DNAT', to: withPort(to || kept, mappedPort ?? ports) }
    : { target: 'SNAT', to: withPort(to || kept, mappedPort ?? ports), ...random };
}

function evaluateVmap(
  key: NftExpression,
  map: NftVerdictMapping,
  comparison: NftComparison,
): StatementResult {
  const value = evaluateExpression(key, comparison);
  if (value === undefined) return 'break';
  if (map.map === 'anonymous') {
    const found = findAnonymous(map.elements, key, value);
    if (!found) return 'break';
    if (comparison.audience === 'recorder') {
      comparison.lookup = { map: '', key: value, element: printVerdict(found.verdict) };
    }
    return { flow: found.verdict };
  }
  const set = comparison.table.sets[map.name];
  const element = set && findElement(set, value, comparison.now);
  if (!element?.verdict) return 'break';
  if (comparison.audience === 'recorder') {
    comparison.lookup = {
      map: `@${map.name}`,
      key: element.key,
      element: printVerdict(element.verdict),
      ...(element.because && { because: element.because }),
    };
  }
  return { flow: element.verdict };
}

/** nft_dynset: a packet puts its own key into a set; a full set ends the rule. */
function updateSet(
  statement: Extract<NftStatement, { statement: 'set-update' }>,
  comparison: NftComparison,
): StatementResult {
  const set = comparison.table.sets[statement.set];
  const key = evaluateExpression(statement.key, comparison);
  if (!set || key === undefined) return 'break';
  const { now } = comparison;
  if (statement.operation === 'delete') {
    delete set.elements[key];
    return 'next';
  }
  const old = findElement(set, key, now);
  if (old && statement.operation === 'add') return 'next';
  for (const [each, { expiresAt }] of Object.entries(set.elements))
    if (expiresAt !== undefined && expiresAt <= now) delete set.elements[each];
  if (!old && set.size !== undefined && Object.keys(set.elements).length >= set.size)
    return 'break';
  const { timeout } = statement;
  set.elements[key] = makeElement(set, { key, ...(timeout !== undefined && { timeout }) }, now);
  return 'next';
}

function setMark(
  of: 'meta' | 'ct',
  value: NftExpression,
  comparison: NftComparison,
): StatementResult {
  const mark = evaluateExpression(value, comparison);
  if (mark === undefined) return 'break';
  if (of === 'meta') comparison.skb.mark = Number(mark);
  else if (comparison.connection) comparison.connection.mark = Number(mark);
  return 'next';
}

function redirect(
  { port }: Extract<NftStatement, { statement: 'redirect' }>,
  comparison: NftComparison,
): StatementResult {
  const to = port ? evaluateExpression(port, comparison) : '';
  if (to === undefined) return 'break';
  return {
    outcome: {
      verdict: 'nat',
      target: { target: 'REDIRECT', ...(to !== '' && { port: Number(to.split('-')[0]) }) },
    },
  };
}

/** One statement over a packet. May change the packet's marks, sets, and the rule's counters. */
// eslint-disable-next-line complexity -- one line a kind.
export function evaluateStatement(
  statement: NftStatement,
  comparison: NftComparison,
): StatementResult {
  const { skb, rule } = comparison;
  switch (statement.statement) {
    case 'match':
      return evaluateMatch(statement, comparison) ? 'next' : 'break';
    case 'verdict':
      return { flow: statement.verdict };
    case 'vmap':
      return evaluateVmap(statement.key, statement.map, comparison);
    case 'nat': {
      const target = natTarget(statement, comparison);
      return target ? { outcome: { verdict: 'nat', target } } : 'break';
    }
    case 'masquerade': {
      const randomFully = statement.flags?.includes('fully-random')
        ? { randomFully: true as const }
        : {};
      return { outcome: { verdict: 'nat', target: { target: 'MASQUERADE', ...randomFully } } };
    }
    case 'redirect':
      return redirect(statement, comparison);
    case 'reject':
      return {
        outcome: { verdict: 'reject', with: rejectWith(statement.with, skb.packet.version) },
      };
    case 'set-mark':
      return setMark(statement.of, statement.value, comparison);
    case 'counter': {
      const counts = (rule.counts ??= { packets: 0, bytes: 0 });
      counts.packets += 1;
      counts.bytes += skb.packet.length;
      return 'next';
    }
    case 'notrack':
      skb.connectionState = 'UNTRACKED';
      return 'next';
    case 'limit':
      return evaluateLimit(statement, rule, comparison.now) ? 'next' : 'break';
    case 'log':
      return 'next';
    case 'set-update':
      return updateSet(statement, comparison);
  }
}
