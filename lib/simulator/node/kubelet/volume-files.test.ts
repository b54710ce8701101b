import { expect, test } from 'vitest';
import type { Event } from '../../api/core/event.ts';
import type { Pod } from '../../api/core/pod.ts';
import { readToken } from '../../apiserver/service-account-token.ts';
import { encodeBase64 } from '../../base/base64.ts';
import { parseTimestamp } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster } from '../../cluster.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { aPod, aService } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';
import { containerProcess } from './container-process.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const aCluster = () =>
  startCluster({ ...DEFAULT_CLUSTER, nodes: DEFAULT_CLUSTER.nodes.slice(0, 1) }, 'files', START);

type Spec = Partial<Pod['spec']>;

function run(cluster: Cluster, spec: Spec, labels = { app: 'web' }): void {
  accept(cluster.store.create(aPod('web', spec, labels)));
  cluster.settle();
}

const processOf = ({ network, store }: Cluster) =>
  containerProcess(network, store, 'default', 'web');
const lastEvent = ({ store }: Cluster) =>
  store.list<Event>('Event', { namespace: 'default' }).findLast(({ type }) => type === 'Warning')
    ?.message;

function addSecret({ store }: Cluster, name: string, data: Record<string, string>): void {
  const encoded = Object.entries(data).map(([key, text]) => [key, encodeBase64(text)]);
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
  accept(store.create(secret));
}

const web = (more: Partial<Pod['spec']['containers'][number]>): Spec => ({
  containers: [{ name: 'web', image: 'nginx', ...more }],
});

test('a Secret as variables and as files; a pod waits for one that is missing', () => {
  const cluster = aCluster();
  run(cluster, {
    ...web({
      env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }],
      envFrom: [{ prefix: 'DB_', secretRef: { name: 'db' } }],
      volumeMounts: [{ name: 'db', mountPath: '/etc/db' }],
    }),
    volumes: [
      { name: 'db', secret: { secretName: 'db', items: [{ key: 'user', path: 'who/name' }] } },
    ],
  });
  expect(lastEvent(cluster)).toBe(
    'MountVolume.SetUp failed for volume "db" : secret "db" not found',
  );
  addSecret(cluster, 'db', { user: 'anna', password: 'grün' });
  cluster.settle();
  const process = processOf(cluster);
  expect(process?.environment).toMatchObject({
    PASSWORD: 'grün',
    DB_user: 'anna',
    DB_password: 'grün',
  });
  expect(process?.files['/etc/db/who/name']).toBe('anna');
  expect(process?.files['/etc/db/password']).toBeUndefined();
});

test.each([
  ['a Secret that is missing', { name: 'db', key: 'x' }, 'Error: secret "db" not found'],
  [
    'a key that is missing',
    { name: 'there', key: 'x' },
    "Error: couldn't find key x in Secret default/there",
  ],
])('CreateContainerConfigError: %s', (_, secretKeyRef, expected) => {
  const cluster = aCluster();
  addSecret(cluster, 'there', { user: 'anna' });
  run(cluster, web({ env: [{ name: 'X', valueFrom: { secretKeyRef } }] }));
  expect(lastEvent(cluster)).toBe(expected);
});

test('every pod has a token, its namespace and the directory of a service account', () => {
  const cluster = aCluster();
  run(cluster, web({}));
  const files = processOf(cluster)?.files ?? {};
  const directory = '/var/run/secrets/kubernetes.io/serviceaccount';
  expect(files[`${directory}/namespace`]).toBe('default');
  const user = readToken(files[`${directory}/token`] ?? '', cluster.store, cluster.now);
  expect(JSON.stringify(user)).toContain('system:serviceaccount:default:default');
});

test('the downward API: fields, labels and resources, as variables and as files', () => {
  const cluster = aCluster();
  const item = (path: string, fieldPath: string) => ({ path, fieldRef: { fieldPath } });
  run(
    cluster,
    {
      ...web({
        resources: { limits: { cpu: '1500m', memory: '64Mi' } },
        env: [
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          {
            name: 'MEMORY',
            valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } },
          },
        ],
        volumeMounts: [{ name: 'info', mountPath: '/info' }],
      }),
      volumes: [
        {
          name: 'info',
          downwardAPI: {
            items: [item('labels', 'metadata.labels'), item('name', 'metadata.name')],
          },
        },
      ],
    },
    { app: 'web' },
  );
  const process = processOf(cluster);
  expect(process?.environment).toMatchObject({ NODE: 'node-a', CPU: '2', MEMORY: '64' });
  expect(process?.files['/info/labels']).toBe('app="web"');
  expect(process?.files['/info/name']).toBe('web');
});

test('variables of the Services of its namespace, unless a pod wants none', () => {
  const cluster = aCluster();
  accept(cluster.store.create(aService('my-db', { ports: [{ name: 'sql', port: 5432 }] })));
  run(cluster, web({}));
  expect(processOf(cluster)?.environment).toMatchObject({
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_SQL: '5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
  });
  const other = aCluster();
  accept(other.store.create(aService('my-db')));
  run(other, { ...web({}), enableServiceLinks: false });
  expect(Object.keys(processOf(other)?.environment ?? {}).join()).not.toContain('MY_DB');
  expect(processOf(other)?.environment['KUBERNETES_SERVICE_HOST']).toBe('10.96.0.1');
});

test('a host name with its domain, when the pod asks for it', () => {
  const cluster = aCluster();
  run(cluster, { ...web({}), hostname: 'one', subdomain: 'db', setHostnameAsFQDN: true });
  expect(processOf(cluster)?.hostname).toBe('one.db.default.svc.cluster.local');
  expect(processOf(cluster)?.files['/etc/hosts']).toContain(
    '\tone.db.default.svc.cluster.local\tone\n',
  );
});
