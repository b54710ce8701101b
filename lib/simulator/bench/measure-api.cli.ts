import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DEFAULT_CLUSTER } from '../cluster-options.ts';
import { startCluster } from '../bootstrap.ts';
import type { Cluster } from '../cluster.ts';
import { handleRequest, type RestRequest, type RestResponse } from '../apiserver/rest.ts';
import { pollWatch, type Watcher } from '../apiserver/watch.ts';
import { invariant } from '../base/invariant.ts';
import { SECOND, type Micros } from '../base/clock.ts';
import type { ApiResult } from './print-benchmarks.ts';
import { sendOne } from './send-requests.ts';

const START: Micros = 1_767_603_600_000_000;
const TABLE =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
const PODS = '/api/v1/namespaces/default/pods';
/** A node that no cluster here has: its pods are stored, and nobody runs them. */
const NOBODY = 'elsewhere';

const milliseconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Milliseconds of processor time that some work takes. */
export function timed(work: () => void): number {
  const since = milliseconds();
  work();
  return milliseconds() - since;
}

/** Bytes on the heap after a full collection. */
export function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** A request that must succeed, through the same door as kubectl's. */
function ask(cluster: Cluster, request: RestRequest): RestResponse {
  const response = handleRequest(request, cluster.apiServer);
  const text = response.type === 'json' ? response.body : '';
  invariant(
    response.type === 'watch' || response.type === 'log' || response.status < 300,
    `${request.method} ${request.path}: ${text}`,
  );
  return response;
}

const post = (cluster: Cluster, path: string, object: unknown) =>
  ask(cluster, {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(object),
  });

const podObject = (index: number) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `pod-${String(index).padStart(6, '0')}`,
    labels: { app: `app-${index % 100}` },
  },
  spec: {
    nodeName: NOBODY,
    containers: [
      { name: 'web', image: 'nginx:1.29', ports: [{ name: 'http', containerPort: 80 }] },
    ],
  },
});

const freshCluster = () => startCluster(DEFAULT_CLUSTER, 'api', START);

/** Objects that are only stored: how fast they come in, how fast they go out, what they weigh. */
function measureObjects(pods: number, watchers: number) {
  const cluster = freshCluster();
  cluster.settle();
  const before = heapUsed();
  const created = timed(() => {
    for (let index = 0; index < pods; index++) post(cluster, PODS, podObject(index));
  });
  cluster.settle();
  const weight = heapUsed() - before;
  const list = (accept: string) => () => {
    ask(cluster, { method: 'GET', path: PODS, headers: { accept } });
  };
  const listed = Math.min(timed(list('application/json')), timed(list('application/json')));
  const tabled = Math.min(timed(list(TABLE)), timed(list(TABLE)));
  const open = Array.from({ length: watchers }, (): Watcher => {
    const path = `${PODS}?watch=true&resourceVersion=${cluster.store.resourceVersion}`;
    const response = ask(cluster, { method: 'GET', path });
    invariant(response.type === 'watch', 'a watch was asked for');
    return response.watcher;
  });
  const changes = 20;
  let events = 0;
  const fannedOut = timed(() => {
    for (let index = 0; index < changes; index++) {
      post(cluster, PODS, podObject(pods + index));
      for (const watcher of open)
        events += pollWatch(watcher, cluster.store, cluster.now).lines.length;
    }
  });
  invariant(events === changes * watchers, `${events} events arrived`);
  return { pods, watchers, created, listed, tabled, events, fannedOut, weight };
}

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'nginx:1.29', ports: [{ containerPort: 80 }] }] },
    },
  },
};
const NODE_PORT = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, nodePort: 30080 }] },
};

/** From two POSTs to the answer of a pod at a node port, with every controller and agent on the way. */
function measureDeployment() {
  const cluster = freshCluster();
  cluster.settle();
  const since = cluster.now;
  const [node] = cluster.options.nodes;
  const spent = timed(() => {
    post(cluster, '/apis/apps/v1/namespaces/default/deployments', DEPLOYMENT);
    post(cluster, '/api/v1/namespaces/default/services', NODE_PORT);
    cluster.settle();
    sendOne(cluster, `http://${node?.address ?? ''}:30080/`, 'traced');
  });
  return { spent, virtualSeconds: (cluster.now - since) / SECOND };
}

/** What the API costs. */
export function measureApi(pods: number, watchers: number): ApiResult {
  measureDeployment(); // code is compiled in the first
  const first = measureDeployment();
  const second = measureDeployment();
  const deployment = first.spent < second.spent ? first : second;
  return { deployment, ...measureObjects(pods, watchers) };
}
