import { printMatch } from '../match/match.ts';
import { xmarkOf } from '../normalize-rule.ts';
import type { Rule, Target } from '../rule.ts';

/** `-j ...` as iptables-save prints it; empty for a rule that only counts. */
// eslint-disable-next-line complexity -- one line a kind.
export function printTarget(target: Target): string {
  switch (target.target) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return `-j ${target.target}`;
    case 'JUMP':
      return `-j ${target.chain}`;
    case 'REJECT':
      return `-j REJECT --reject-with ${target.with ?? 'icmp-port-unreachable'}`;
    case 'DNAT':
      return `-j DNAT --to-destination ${target.to}`;
    case 'SNAT':
      return `-j SNAT --to-source ${target.to}`;
    case 'MASQUERADE':
      return `-j MASQUERADE${target.randomFully ? ' --random-fully' : ''}`;
    case 'REDIRECT':
      return `-j REDIRECT${target.port === undefined ? '' : ` --to-ports ${target.port}`}`;
    case 'MARK': {
      const { value, mask } = xmarkOf(target);
      // libxt_MARK always prints the mask.
      return `-j MARK --set-xmark 0x${value.toString(16)}/0x${mask.toString(16)}`;
    }
    case 'NOTRACK':
      return '-j CT --notrack';
    case 'NONE':
      return '';
  }
}

/** One line of iptables-save: `-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp ... -j KUBE-SVC-X`. `rule` is in kernel order. */
export function printRuleText(chain: string, rule: Rule): string {
  return ['-A', chain, ...rule.matches.map(printMatch), printTarget(rule.target)]
    .filter(Boolean)
    .join(' ');
}
