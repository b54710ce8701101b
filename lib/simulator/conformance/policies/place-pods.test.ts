import { expect, test } from 'vitest';
import { placePods } from './place-pods.ts';
import type { PlannedCluster } from './planned-cluster.ts';

const planOf = (addresses: readonly string[], nodes: PlannedCluster['nodes'] = []) => ({
  namespaces: {},
  pods: addresses.map((address, index) => ({
    namespace: 'x',
    name: `pod-${index}`,
    labels: {},
    address,
    isOnHostNetwork: false,
    ports: [],
  })),
  nodes,
  outsiders: [],
  hasServices: false,
});

test('each pod is on the node whose part of the range has its address', () => {
  const at = placePods(planOf(['192.168.1.11', '192.168.4.44']));
  expect(at?.podCidr).toBe('192.168.0.0/21');
  expect(at?.nodes).toHaveLength(5);
  expect(at?.nodeOf('192.168.1.11')).toBe('worker-1');
  expect(at?.nodeOf('192.168.4.44')).toBe('worker-4');
});

test("a table's nodes come first", () => {
  const node = { name: 'node-0', labels: { a: 'b' }, addresses: ['172.18.0.2'] };
  const at = placePods(planOf(['10.244.0.10', '10.244.1.10'], [node]));
  expect(at?.nodes.map(({ name }) => name)).toEqual(['node-0', 'worker-1']);
});

test('addresses far apart have no range', () => {
  expect(placePods(planOf(['10.0.0.1', '192.168.0.1']))).toBeUndefined();
});

test('pods without addresses get those of the usual range', () => {
  expect(placePods(planOf([]))?.podCidr).toBe('10.244.0.0/16');
});
