import type { Cluster } from '../cluster.ts';
import { completeKubectl } from './kubectl/complete-kubectl.ts';
import { kubectlFlags, KUBECTL_VERBS } from './kubectl/kubectl.ts';
import { placeOf, type TerminalState } from './terminal.ts';

const TOOLS = [
  'curl',
  'dig',
  'nslookup',
  'ping',
  'ip',
  'ss',
  'cat',
  'iptables-save',
  'conntrack',
  'sysctl',
  'exit',
];

const startingWith = (words: readonly string[], prefix: string) =>
  words.filter((word) => word.startsWith(prefix));

/** Words that could stand where the line ends: whole words, sorted, without a blank at their end. */
export function completeWord(line: string, terminal: TerminalState, cluster: Cluster): string[] {
  const words = line.split(/\s+/);
  const prefix = words[words.length - 1] ?? '';
  const before = words.slice(0, -1).filter((word) => word !== '');
  const place = placeOf(terminal);
  if (before.length === 0) {
    return startingWith(
      place.type === 'workstation' ? ['kubectl', 'ssh', ...TOOLS] : TOOLS,
      prefix,
    );
  }
  if (before[0] === 'ssh')
    return startingWith(
      cluster.options.nodes.map(({ name }) => name),
      prefix,
    );
  if (before[0] !== 'kubectl' && before[0] !== 'k') return [];
  return completeKubectl(before.slice(1), prefix, {
    cluster,
    namespace: terminal.namespace,
    files: Object.keys(terminal.files),
    verbs: KUBECTL_VERBS,
    flagsOf: kubectlFlags,
  }).sort();
}
