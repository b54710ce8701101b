import { expect, test } from 'vitest';
import type { ReplicationController } from '../api/core/replication-controller.ts';
import type { Pod } from '../api/core/pod.ts';
import { aNamespace, aNode } from '../testing/objects.ts';
import { accept, runControllers } from '../testing/run-controllers.ts';
import { CONTROLLERS } from './list.ts';

test('a replication controller keeps its pods, by the labels of its template', () => {
  const on = runControllers(CONTROLLERS);
  on.add(aNamespace('default'));
  on.add(aNode('node-a'));
  on.add<ReplicationController>({
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: { name: 'old', namespace: 'default' },
    spec: {
      replicas: 2,
      template: {
        metadata: { labels: { app: 'old' } },
        spec: { containers: [{ name: 'web', image: 'nginx' }] },
      },
    },
  });
  on.playKubelets();
  const read = () => on.store.get<ReplicationController>('ReplicationController', 'default', 'old');
  expect(read()?.spec.selector).toEqual({ app: 'old' });
  expect(read()?.metadata.labels).toEqual({ app: 'old' });
  expect(read()?.status).toEqual({
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
  });
  const [first, second] = on.store.list<Pod>('Pod').map(({ metadata }) => metadata.name);
  expect(on.events('ReplicationController').toSorted()).toEqual(
    [first, second].map((name) => `SuccessfulCreate: Created pod: ${name ?? ''}`),
  );
  accept(on.store.delete('Pod', 'default', first ?? ''));
  on.playKubelets();
  expect(on.store.list('Pod')).toHaveLength(2);
});
