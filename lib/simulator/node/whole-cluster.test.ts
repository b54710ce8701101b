import { expect, test } from 'vitest';
import { parseTimestamp } from '../base/clock.ts';
import { startCluster } from '../bootstrap.ts';
import { DEFAULT_CLUSTER } from '../cluster-options.ts';
import { aPod } from '../testing/objects.ts';
import { accept } from '../testing/run-controllers.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const aCluster = () => startCluster(DEFAULT_CLUSTER, 'nodes', START);

test('nodes have routes to the pods of the others, for the reason of the Node', () => {
  const cluster = aCluster();
  const routes = (node: string) =>
    cluster.network.namespaces[node]?.routes.filter(({ because }) => because?.kind === 'Node');
  expect(routes('node-a')).toEqual([
    {
      destination: '10.244.1.0/24',
      via: '192.168.10.12',
      device: 'eth0',
      because: { kind: 'Node', name: 'node-b', detail: '.spec.podCIDR' },
    },
  ]);
  accept(cluster.store.delete('Node', undefined, 'node-b'));
  cluster.settle();
  expect(routes('node-a')).toEqual([]);
});

test('the same seed gives the same cluster', () => {
  const [one, two] = [aCluster(), aCluster()];
  for (const cluster of [one, two]) {
    accept(cluster.store.create(aPod('web', { containers: [{ name: 'web', image: 'nginx' }] })));
    cluster.settle();
  }
  expect(JSON.stringify(one.state)).toBe(JSON.stringify(two.state));
});
