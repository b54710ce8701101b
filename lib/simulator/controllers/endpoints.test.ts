import { expect, test } from 'vitest';
import type { Endpoints } from '../api/core/endpoints.ts';
import { aNamespace, aNode, aPod, aService } from '../testing/objects.ts';
import { accept, runControllers } from '../testing/run-controllers.ts';
import { CONTROLLERS } from './list.ts';

test('the Endpoints of a service follow its pods and go with it', () => {
  const on = runControllers(CONTROLLERS);
  on.add(aNamespace('default'));
  on.add(aNode('node-a'));
  on.add(aService('web', { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }));
  on.settle();
  const subsets = () => on.store.get<Endpoints>('Endpoints', 'default', 'web')?.subsets;
  expect(subsets() ?? []).toEqual([]);
  const [one, two] = [aPod('one', {}, { app: 'web' }), aPod('two', {}, { app: 'web' })];
  on.add(one);
  on.add(two);
  on.playKubelets();
  expect(subsets()?.map(({ addresses, ports }) => [addresses?.map(({ ip }) => ip), ports])).toEqual(
    [[['10.244.0.2', '10.244.0.3'], [{ name: 'http', port: 8080, protocol: 'TCP' }]]],
  );
  accept(on.store.delete('Pod', 'default', 'one'));
  on.settle();
  expect(subsets()?.[0]?.addresses?.map(({ targetRef }) => targetRef?.name)).toEqual(['two']);
  accept(on.store.delete('Service', 'default', 'web'));
  on.settle();
  expect(on.store.get('Endpoints', 'default', 'web')).toBeUndefined();
});
