import { expect, test } from 'vitest';
import type { Manifest } from '../policies/write-objects.ts';
import { connectionLines } from './connection-lines.ts';
import { openManifests } from './open-manifests.ts';
import { podNetworksOf } from './pod-networks.ts';

const aPod = (name: string, networks?: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: 'shop',
    name,
    labels: { app: name },
    ...(networks !== undefined && { annotations: { 'k8s.v1.cni.cncf.io/networks': networks } }),
  },
  spec: { containers: [{ name: 'main' }] },
});

const aNetwork: Manifest = {
  apiVersion: 'k8s.cni.cncf.io/v1',
  kind: 'NetworkAttachmentDefinition',
  metadata: { namespace: 'shop', name: 'storage' },
};

const linesOf = (manifests: readonly Manifest[]) =>
  podNetworksOf(manifests).map((network) => {
    const { cluster, owners } = openManifests(network.manifests);
    const { addresses, hasOutside } = network;
    return connectionLines(cluster, { owners, addresses, hasOutside }).map(
      ({ src, dst, allowed }) => `${src} => ${dst}: ${allowed}`,
    );
  });

test('a NetworkPolicy is about the pod network, a MultiNetworkPolicy about the network that it names', () => {
  const isolation: Manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'shop', name: 'nobody' },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  };
  const onStorage: Manifest = {
    apiVersion: 'k8s.cni.cncf.io/v1beta1',
    kind: 'MultiNetworkPolicy',
    metadata: {
      namespace: 'shop',
      name: 'only-b',
      annotations: { 'k8s.v1.cni.cncf.io/policy-for': 'shop/storage' },
    },
    spec: {
      podSelector: { matchLabels: { app: 'a' } },
      ingress: [{ from: [{ ipBlock: { cidr: '2.2.5.2/32' } }], ports: [{ port: 80 }] }],
    },
  };
  const at = (ip: string) => `[{"name": "storage", "ips": ["${ip}/24"]}]`;
  const pods = [aPod('a', at('2.2.5.1')), aPod('b', at('2.2.5.2')), aPod('c', at('2.2.5.3'))];
  const [podNetwork, storage] = linesOf([aNetwork, isolation, onStorage, ...pods, aPod('d')]);
  expect(podNetwork).toEqual([]);
  expect(storage).toEqual([
    'shop/a[Pod] => shop/b[Pod]: All Connections',
    'shop/a[Pod] => shop/c[Pod]: All Connections',
    'shop/b[Pod] => shop/a[Pod]: TCP 80',
    'shop/b[Pod] => shop/c[Pod]: All Connections',
    'shop/c[Pod] => shop/b[Pod]: All Connections',
  ]);
});

test('addresses outside are cut where rules of a direction name prefixes', () => {
  const policy: Manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'shop', name: 'some' },
    spec: {
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
    },
  };
  expect(linesOf([policy, aPod('a')])).toEqual([
    [
      '10.0.0.0-10.0.255.255[External] => shop/a[Pod]: All Connections',
      '10.2.0.0-10.255.255.255[External] => shop/a[Pod]: All Connections',
      'shop/a[Pod] => 0.0.0.0-255.255.255.255[External]: All Connections',
    ],
  ]);
});
