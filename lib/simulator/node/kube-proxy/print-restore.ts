import { printMatch } from '../../linux/netfilter/match/match.ts';
import { formatPortRange } from '../../linux/netfilter/match/transport.ts';
import { printTarget } from '../../linux/netfilter/print/rule-text.ts';
import type { Match, Rule, Target } from '../../linux/netfilter/rule.ts';
import type { ProxyRules } from './proxy-rules.ts';

const not = (match: { readonly not?: true }) => (match.not ? '! ' : '');

/** kube-proxy puts its comments in quotes, except the plain names of ports. */
const quoted = (text: string) => (text.includes(' ') ? `"${text}"` : text);

// eslint-disable-next-line complexity -- one line a kind of match.
function printProxyMatch(match: Match): string {
  switch (match.match) {
    case 'comment':
      return `-m comment --comment ${quoted(match.text)}`;
    case 'statistic':
      return `-m statistic --mode random --probability ${match.probability.toFixed(10)}`;
    case 'recent':
      return match.operation === 'set'
        ? `-m recent --name ${match.list} --set`
        : `-m recent --name ${match.list} --${match.operation} --seconds ${match.seconds ?? 0}${match.reap ? ' --reap' : ''}`;
    case 'transport':
      return `-m ${match.module}`;
    case 'mark':
      return `-m mark ${not(match)}--mark 0x${match.value.toString(16)}/0x${match.mask.toString(16)}`;
    case 'source':
    case 'destination':
    case 'in-interface':
    case 'out-interface':
    case 'protocol':
    case 'multiport':
    case 'icmp':
    case 'address-type':
    case 'conntrack-state':
    case 'connmark':
    case 'icmp6':
    case 'ip-range':
    case 'length':
    case 'limit':
    case 'mac':
    case 'nth':
    case 'owner':
    case 'physdev':
    case 'set':
    case 'nth':
    case 'limit':
    case 'owner':
    case 'length':
    case 'mac':
    case 'ip-range':
    case 'connmark':
    case 'physdev':
    case 'set':
    case 'icmp6':
      return printMatch(match);
  }
}

function printProxyTarget(target: Target): string {
  if (target.target === 'MARK')
    return `-j MARK --${target.operation}-mark 0x${target.value.toString(16)}`;
  if (target.target === 'REJECT') return '-j REJECT';
  return printTarget(target);
}

/** `--dport` follows the protocol and the destination: `-m tcp -p tcp -d 10.96.0.1 --dport 80 ! -s 10.244.0.0/16`. */

function printProxyMatches(matches: readonly Match[]): string[] {
  const words: string[] = [];
  let pending: string | undefined;
  for (const match of matches) {
    const isBeforePort = match.match === 'protocol' || match.match === 'destination';
    if (pending !== undefined && !isBeforePort) {
      words.push(pending);
      pending = undefined;
    }
    words.push(printProxyMatch(match));
    if (match.match === 'transport' && match.destination)
      pending = `--dport ${formatPortRange(match.destination)}`;
  }
  if (pending !== undefined) words.push(pending);
  return words;
}

/** One rule as kube-proxy spells it; iptables-save spells it differently afterwards. */
export function printProxyRule(chain: string, { matches, target }: Rule): string {
  return ['-A', chain, ...printProxyMatches(matches), printProxyTarget(target)]
    .filter(Boolean)
    .join(' ');
}

/** The input that kube-proxy gives to `iptables-restore --noflush --counters`. */
export function printRestore(rules: ProxyRules): string {
  const tables = { filter: [...rules.filter], nat: [...rules.nat, ...rules.own] };
  const lines = (['filter', 'nat'] as const).flatMap((table) => [
    `*${table}`,
    ...tables[table].map(([chain]) => `:${chain} - [0:0]`),
    ...tables[table].flatMap(([chain, list]) => list.map((rule) => printProxyRule(chain, rule))),
    'COMMIT',
  ]);
  return lines.map((line) => `${line}\n`).join('');
}
