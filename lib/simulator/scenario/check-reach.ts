import { SECOND } from '../base/clock.ts';
import type { Pod } from '../api/core/pod.ts';
import { invariant } from '../base/invariant.ts';
import type { Cluster } from '../cluster.ts';
import { probeConnections } from '../view/connections.ts';
import type { Check, Finding, Newcomer } from './checks.ts';
import { createManifests } from './create-manifests.ts';

/** How many pairs a finding names. */
const NAMED = 3;
/** A newcomer has an image at hand, or it would not be asked. */
const NEWCOMER_IMAGE = 'busybox:1.36';
const NEWCOMERS_START_WITHIN = 60 * SECOND;

/** A pattern with `*` for any text. */
function matches(text: string, pattern: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(text);
}

const matchesAny = (text: string, patterns: readonly string[]) =>
  patterns.some((pattern) => matches(text, pattern));

/** `2 new: a -> b, c -> d`; nothing when there are none. */
function counted(pairs: readonly string[], word: string): string[] {
  if (pairs.length === 0) return [];
  const more = pairs.length > NAMED ? ', …' : '';
  return [`${pairs.length} ${word}: ${pairs.slice(0, NAMED).join(', ')}${more}`];
}

const reachablePairs = (cluster: Cluster) =>
  probeConnections(cluster)
    .filter(({ isReachable }) => isReachable)
    .map(({ from, to }) => `${from} -> ${to}`);

/** What became reachable, and where the check asks, what no longer is, since the start. */
export function checkBlastRadius(
  check: Extract<Check, { type: 'blast-radius' }>,
  start: Cluster,
  now: Cluster,
): Finding {
  const [before, after] = [reachablePairs(start), reachablePairs(now)];
  const without = (pairs: readonly string[], others: readonly string[]) => {
    const known = new Set(others);
    return pairs.filter((pair) => !known.has(pair));
  };
  const { mayLose } = check;
  const gained = without(after, before).filter((pair) => !matchesAny(pair, check.allowed));
  const lost = mayLose
    ? without(before, after).filter((pair) => !matchesAny(pair, mayLose))
    : undefined;
  const wrong = [...counted(gained, 'new'), ...counted(lost ?? [], 'lost')];
  const none = lost ? '0 new, 0 lost' : '0 new';
  return {
    title: check.title,
    passed: wrong.length === 0,
    observed: wrong.length === 0 ? none : wrong.join('; '),
    expected: none,
  };
}

/** Creates pods that the cluster does not have, and waits until they run. What refuses them is said. */
function admitNewcomers(cluster: Cluster, newcomers: readonly Newcomer[]): string | undefined {
  for (const { name, namespace, labels = {}, namespaceLabels = {} } of newcomers) {
    if (cluster.store.get('Namespace', undefined, namespace) === undefined) {
      const made = {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: namespaceLabels },
      };
      const refusal = createManifests(cluster, JSON.stringify(made), 'default');
      invariant(refusal === undefined, `namespace ${namespace}: ${refusal ?? ''}`);
      cluster.settle(); // its ServiceAccount comes first
    }
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels },
      spec: { containers: [{ name, image: NEWCOMER_IMAGE, command: ['sleep', 'infinity'] }] },
    };
    const refusal = createManifests(cluster, JSON.stringify(pod), namespace);
    if (refusal !== undefined) return `pod ${namespace}/${name} is refused: ${refusal}`;
  }
  const isRunning = ({ name, namespace }: Newcomer) =>
    cluster.store.get<Pod>('Pod', namespace, name)?.status?.phase === 'Running';
  cluster.runUntil(() => newcomers.every(isRunning), NEWCOMERS_START_WITHIN);
  cluster.settle(); // whoever makes rules has heard of them
  const late = newcomers.find((newcomer) => !isRunning(newcomer));
  return late && `pod ${late.namespace}/${late.name} does not start`;
}

/** Whether exactly those named get through. Changes the cluster: hand in a fork. */
export function checkIsolation(
  check: Extract<Check, { type: 'isolation' }>,
  cluster: Cluster,
): Finding {
  const { title, to, from, newcomers = [] } = check;
  const expected = from.length === 0 ? 'nobody gets through' : `only ${from.join(', ')}`;
  const failed = (observed: string): Finding => ({ title, passed: false, observed, expected });
  const refusal = admitNewcomers(cluster, newcomers);
  if (refusal !== undefined) return failed(refusal);
  const tried = probeConnections(cluster, { to, clients: 'but-itself' });
  if (tried.length === 0) return failed(`nobody can ask ${to}`);
  const isNamed = (client: string) => matchesAny(client, from);
  const open = tried.filter((each) => each.isReachable && !isNamed(each.from));
  const shut = tried.filter((each) => !each.isWholly && isNamed(each.from));
  const absent = from.filter((pattern) => !tried.some((each) => matches(each.from, pattern)));
  const wrong = [
    ...counted(
      open.map((each) => each.from),
      'open too much',
    ),
    ...counted(
      shut.map((each) => each.from),
      'shut out',
    ),
    ...counted(absent, 'not there'),
  ];
  if (wrong.length > 0) return failed(wrong.join('; '));
  const through = tried.filter((each) => each.isReachable).map((each) => each.from);
  const observed = through.length === 0 ? 'nobody gets through' : `only ${through.join(', ')}`;
  return { title, passed: true, observed, expected };
}
