import { expect, test } from 'vitest';
import type { Service } from '../api/core/service.ts';
import type { IPAddress } from '../api/networking/service-cidr.ts';
import { accept } from '../testing/run-controllers.ts';
import { seedRandom } from '../base/random.ts';
import { createStore, createStoreState } from './create-store.ts';

function openStore(serviceCidr = '10.96.0.0/16,fd00:96::/112') {
  const store = createStore({
    state: createStoreState(),
    now: () => 0,
    random: seedRandom('addresses'),
    options: { serviceCidr, nodePortRange: [30_000, 32_767] },
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const addresses = () =>
    store
      .list<IPAddress>('IPAddress')
      .map(({ metadata, spec }) => `${metadata.name} ${spec.parentRef?.name}`);
  return { store, addresses };
}

const aService = (name: string, spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { ports: [{ port: 80 }], ...spec },
});

test('every address of a Service has an IPAddress while the Service has it', () => {
  const { store, addresses } = openStore();
  accept(store.create(aService('headless', { clusterIP: 'None' })));
  const both = accept(
    store.create(aService('both', { clusterIP: '10.96.0.7', ipFamilyPolicy: 'PreferDualStack' })),
  );
  const [, second = ''] = both.spec.clusterIPs ?? [];
  expect(addresses()).toEqual([`10.96.0.7 both`, `${second} both`]);
  expect(store.get('IPAddress', undefined, second)).toMatchObject({
    metadata: {
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv6',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'both' } },
  });
  accept(store.update({ ...both, metadata: { ...both.metadata, labels: { a: 'b' } } }));
  expect(addresses()).toHaveLength(2);
  accept(store.delete('Service', 'default', 'both'));
  expect(addresses()).toEqual([]);
});

test('an address that somebody took by hand is not given out', () => {
  const { store, addresses } = openStore('10.96.0.0/30');
  const byHand = (name: string): IPAddress => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name },
    spec: { parentRef: { group: 'example.com', resource: 'boxes', name: 'box' } },
  });
  accept(store.create(byHand('10.96.0.1')));
  expect(accept(store.create(aService('web'))).spec.clusterIP).toBe('10.96.0.2');
  const refused = store.create(aService('late'));
  expect(refused.ok ? '' : refused.status.message).toContain('range is full');
  const named = store.create(aService('named', { clusterIP: '10.96.0.1' }));
  expect(named.ok ? '' : named.status.message).toContain('provided IP is already allocated');
  expect(addresses()).toEqual(['10.96.0.1 box', '10.96.0.2 web']);
});

test('a dry run takes no address', () => {
  const { store, addresses } = openStore();
  accept(store.dryRun().create(aService('web')));
  expect(addresses()).toEqual([]);
});
