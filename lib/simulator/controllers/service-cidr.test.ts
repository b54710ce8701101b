import { expect, test } from 'vitest';
import type { Service } from '../api/core/service.ts';
import type { IPAddress, ServiceCIDR } from '../api/networking/service-cidr.ts';
import { DEFAULT_CLUSTER } from '../cluster-options.ts';
import { aNamespace } from '../testing/objects.ts';
import { accept, runControllers } from '../testing/run-controllers.ts';
import { defaultServiceCidr, serviceCidrController } from './service-cidr.ts';

const aRange = (name: string, ...cidrs: string[]): ServiceCIDR => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name },
  spec: { cidrs },
});

const aService = (name: string, clusterIP?: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { ports: [{ port: 80 }], ...(clusterIP !== undefined && { clusterIP }) },
});

function openCluster() {
  const options = { ...DEFAULT_CLUSTER, serviceCidr: '10.96.0.0/30' };
  const on = runControllers([serviceCidrController], options);
  on.add(aNamespace('default'));
  on.add(defaultServiceCidr(options));
  on.settle();
  const ready = (name: string) =>
    on.store.get<ServiceCIDR>('ServiceCIDR', undefined, name)?.status?.conditions?.[0];
  const addressOf = (name: string) => accept(on.store.create(aService(name))).spec.clusterIP;
  return { on, ready, addressOf };
}

test('the range of the flag is an object, ready, and comes back', () => {
  const { on, ready } = openCluster();
  expect(ready('kubernetes')).toMatchObject({
    type: 'Ready',
    status: 'True',
    message: 'Kubernetes default Service CIDR is ready',
  });
  on.store.delete('ServiceCIDR', undefined, 'kubernetes');
  on.settle();
  expect(on.store.get('ServiceCIDR', undefined, 'kubernetes')).toMatchObject({
    metadata: { finalizers: ['networking.k8s.io/service-cidr-finalizer'] },
    spec: { cidrs: ['10.96.0.0/30'] },
  });
});

test('a further range gives addresses when the first is full, and stays while it is needed', () => {
  const { on, ready, addressOf } = openCluster();
  expect(['a', 'b'].map(addressOf).sort()).toEqual(['10.96.0.1', '10.96.0.2']);
  expect(on.store.create(aService('c')).ok).toBe(false);
  on.add(aRange('more', '10.97.0.0/30'));
  on.settle();
  expect(ready('more')?.message).toBe('Kubernetes Service CIDR is ready');
  expect(addressOf('c')).toMatch(/^10\.97\.0\.[12]$/);
  on.store.delete('ServiceCIDR', undefined, 'more');
  on.settle();
  expect(ready('more')).toMatchObject({ status: 'False', reason: 'Terminating' });
  expect(on.store.create(aService('d')).ok).toBe(false);
  expect(on.store.list<IPAddress>('IPAddress')).toHaveLength(3);
  on.store.delete('Service', 'default', 'c');
  on.settle();
  expect(on.store.get('ServiceCIDR', undefined, 'more')).toBeUndefined();
});
