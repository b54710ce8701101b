import type { Micros } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import type { Deployment } from '../api/apps/deployment.ts';
import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import type { ApiResult, KubeObject } from '../api/meta/object.ts';
import { startCluster } from '../bootstrap.ts';
import { DEFAULT_CLUSTER, type ProxyMode } from '../cluster-options.ts';
import type { Cluster } from '../cluster.ts';

/** 2026-01-05, when nothing of interest happens. */
const START: Micros = 1_767_603_600_000_000;
const NODE_PORT = 30_080;
export const FIRST_NODE = '192.168.10.11';
export const TARGET = `http://${FIRST_NODE}:${NODE_PORT}/`;

/** Throws: a bench whose objects are refused measures nothing. */
export function must<T extends KubeObject>(result: ApiResult<T>): T {
  invariant(result.ok, result.ok ? '' : (result.status.message ?? 'refused'));
  return result.value;
}

const metadata = (name: string) => ({ name, namespace: 'default' });

const webDeployment: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: metadata('web'),
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'nginx:1.29' }] },
    },
  },
};

/** The name puts it behind all others, so that the iptables chain is read to its end. */
const webService: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata('zz-web'),
  spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: NODE_PORT }] },
};

const nameOf = (index: number) => `app-${String(index).padStart(5, '0')}`;

const fillerService = (index: number): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(nameOf(index)),
  spec: { ports: [{ port: 80, targetPort: 8080 }] },
});

/** Three endpoints somewhere in the pod range; `first` tells how far the slice has been changed. */
export const fillerSlice = (index: number, first = 1): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    ...metadata(`${nameOf(index)}-1`),
    labels: { 'kubernetes.io/service-name': nameOf(index) },
  },
  addressType: 'IPv4',
  ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  endpoints: [0, 1, 2].map((offset) => ({
    addresses: [`10.244.${100 + (index % 100)}.${first + offset}`],
    conditions: { ready: true },
  })),
});

/**
 * Two nodes, two web servers behind a NodePort Service, and as many Services more as are needed to have `services` of
 * them beside `kubernetes` and `kube-dns`. Everything has gone through the API, controllers, kubelets and kube-proxy.
 */
export function serviceCluster(proxyMode: ProxyMode, services: number): Cluster {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, proxyMode }, `bench ${services}`, START);
  const { store } = cluster;
  must(store.create(webDeployment));
  must(store.create(webService));
  for (let index = 1; index < services; index++) {
    must(store.create(fillerService(index)));
    must(store.create(fillerSlice(index)));
  }
  cluster.settle();
  cluster.advance(20_000_000);
  return cluster;
}
