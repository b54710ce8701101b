import { KINDS } from '../api/kinds.ts';
import type { Cluster } from '../cluster.ts';
import { placeOf, type TerminalState } from './terminal.ts';

const VERBS = [
  'annotate',
  'api-resources',
  'apply',
  'cluster-info',
  'config',
  'create',
  'delete',
  'describe',
  'events',
  'exec',
  'explain',
  'expose',
  'get',
  'label',
  'logs',
  'patch',
  'rollout',
  'run',
  'scale',
  'set',
  'version',
  'wait',
];
const OBJECT_VERBS = new Set([
  'get',
  'describe',
  'delete',
  'label',
  'annotate',
  'scale',
  'patch',
  'expose',
]);
const POD_VERBS = new Set(['logs', 'exec']);
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
  return completeKubectl(before.slice(1), prefix, terminal, cluster).sort();
}

function completeKubectl(
  before: readonly string[],
  prefix: string,
  terminal: TerminalState,
  cluster: Cluster,
): string[] {
  const previous = before[before.length - 1] ?? '';
  const namesOf = (kind: string, namespace?: string) =>
    cluster.store
      .list(kind, namespace === undefined ? {} : { namespace })
      .map((object) => object.metadata.name);
  if (previous === '-n' || previous === '--namespace') {
    return startingWith(namesOf('Namespace'), prefix);
  }
  const flag = before.findIndex((word) => word === '-n' || word === '--namespace');
  const namespace = flag >= 0 ? (before[flag + 1] ?? '') : terminal.namespace;
  const plain = before.filter((word, i) => !word.startsWith('-') && (flag < 0 || i !== flag + 1));
  const [verb, resource] = plain;
  if (verb === undefined) return startingWith(VERBS, prefix);
  if (POD_VERBS.has(verb) && plain.length === 1) {
    return startingWith(
      [
        ...namesOf('Pod', namespace),
        ...namesOf('Deployment', namespace).map((name) => `deploy/${name}`),
      ],
      prefix,
    );
  }
  if (!OBJECT_VERBS.has(verb)) return [];
  if (resource === undefined)
    return startingWith(
      KINDS.map((kind) => kind.plural),
      prefix,
    );
  const kind = KINDS.find(
    ({ plural, singular, shortNames }) =>
      plural === resource || singular === resource || shortNames.includes(resource),
  );
  if (!kind) return [];
  return startingWith(namesOf(kind.kind, kind.isNamespaced ? namespace : undefined), prefix);
}
