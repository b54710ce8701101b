import { quoteWord } from '../match/comment.ts';
import { printMatch } from '../match/match.ts';
import { xmarkOf } from '../normalize-rule.ts';
import type { Rule, Target } from '../rule.ts';

type MoreTarget = Extract<Target, { target: 'LOG' | 'NFLOG' | 'CONNMARK' | 'SET' }>;

/** Level 4 (warning) is what LOG takes when nothing is said, and is not printed. */
function printMoreTarget(target: MoreTarget): string {
  const hex = (value: number) => `0x${value.toString(16)}`;
  const parts: (string | false)[] = [`-j ${target.target}`];
  switch (target.target) {
    case 'LOG':
      parts.push(target.prefix !== undefined && `--log-prefix ${quoteWord(target.prefix)}`);
      parts.push(target.level !== undefined && target.level !== 4 && `--log-level ${target.level}`);
      break;
    case 'NFLOG':
      parts.push(target.prefix !== undefined && `--nflog-prefix ${quoteWord(target.prefix)}`);
      parts.push(target.group !== undefined && `--nflog-group ${target.group}`);
      break;
    case 'CONNMARK':
      parts.push(
        target.operation === 'set'
          ? `--set-xmark ${hex(target.value)}/${hex(target.mask)}`
          : `--${target.operation}-mark --nfmask ${hex(target.mask)} --ctmask ${hex(target.mask)}`,
      );
      break;
    case 'SET':
      parts.push(`--${target.operation}-set ${target.set} ${target.sides.join(',')}`);
      parts.push(target.exist === true && '--exist');
      parts.push(target.timeout !== undefined && `--timeout ${target.timeout}`);
  }
  return parts.filter((part) => part !== false).join(' ');
}

/** `80`, `1024-31000`. */
export const portsText = ([first, last]: readonly [number, number]) =>
  first === last ? String(first) : `${first}-${last}`;

/** `-j ...` as iptables-save prints it; empty for a rule that only counts. */
// eslint-disable-next-line complexity -- one line a kind.
export function printTarget(target: Target): string {
  switch (target.target) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return `-j ${target.target}`;
    case 'JUMP':
      return `-${target.isGoto ? 'g' : 'j'} ${target.chain}`;
    case 'REJECT':
      return `-j REJECT --reject-with ${target.with ?? 'icmp-port-unreachable'}`;
    case 'DNAT':
      return `-j DNAT --to-destination ${target.to}`;
    case 'SNAT':
      return `-j SNAT --to-source ${target.to}${target.randomFully ? ' --random-fully' : ''}`;
    case 'MASQUERADE':
      return `-j MASQUERADE${target.ports ? ` --to-ports ${portsText(target.ports)}` : ''}${target.random ? ' --random' : ''}${target.randomFully ? ' --random-fully' : ''}`;
    case 'REDIRECT':
      return `-j REDIRECT${target.port === undefined ? '' : ` --to-ports ${portsText([target.port, target.lastPort ?? target.port])}`}${target.random ? ' --random' : ''}`;
    case 'MARK': {
      const { value, mask } = xmarkOf(target);
      // libxt_MARK always prints the mask.
      return `-j MARK --set-xmark 0x${value.toString(16)}/0x${mask.toString(16)}`;
    }
    case 'NOTRACK':
      return target.writtenAs === 'CT' ? '-j CT --notrack' : '-j NOTRACK';
    case 'LOG':
    case 'NFLOG':
    case 'CONNMARK':
    case 'SET':
      return printMoreTarget(target);
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
