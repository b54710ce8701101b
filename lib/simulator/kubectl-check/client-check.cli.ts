import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { parseArgs } from 'node:util';
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  Watch,
  type V1Pod,
} from '@kubernetes/client-node';
import { startScenario } from '../scenario/sandbox.ts';
import { serve, type RunningServer } from '../serve/serve.ts';
import { newToken } from '../serve/token-users.ts';
import { SHOP } from './chapters/shop.ts';

/**
 * `npm run client-check -- [--json]`: the official JavaScript client, unmodified, against `sim serve` over TLS: lists,
 * an informer, watches, the kinds of patches, logs and exec. Exits 1 when something is not as the client expects it.
 */
const PATIENCE = 20_000;

interface Clients {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(isDone: () => boolean, what: string): Promise<void> {
  const began = performance.now();
  while (!isDone()) {
    assert.ok(performance.now() - began < PATIENCE, `waited in vain: ${what}`);
    await pause(20);
  }
}

/** Any failure of the client has the server's Status in its body. */
async function refusal(promise: Promise<unknown>): Promise<{ code: number; reason: string }> {
  const error: unknown = await promise.then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  );
  const { code, body } = error as { code: number; body: string };
  return { code, reason: (JSON.parse(body) as { reason: string }).reason };
}

async function lists({ core }: Clients): Promise<void> {
  const nodes = await core.listNode();
  assert.deepEqual(
    nodes.items.map(({ metadata }) => metadata?.name),
    ['node-a', 'node-b'],
  );
  const pods = await core.listNamespacedPod({ namespace: 'shop', labelSelector: 'app=web' });
  assert.equal(pods.items.length, 2);
  assert.ok(pods.items[0]?.metadata?.creationTimestamp instanceof Date);
  const page = await core.listPodForAllNamespaces({ limit: 2 });
  assert.equal(page.items.length, 2);
  const rest = await core.listPodForAllNamespaces({
    limit: 50,
    _continue: page.metadata?._continue ?? '',
  });
  assert.ok(rest.items.length > 0);
  const names = [...page.items, ...rest.items].map(({ metadata }) => metadata?.uid);
  assert.equal(new Set(names).size, names.length);
}

async function followsAnInformer({ config, core, apps }: Clients): Promise<void> {
  const seen: string[] = [];
  const informer = makeInformer<V1Pod>(config, '/api/v1/namespaces/shop/pods', () =>
    core.listNamespacedPod({ namespace: 'shop' }),
  );
  const errors: unknown[] = [];
  informer.on('add', (pod) => seen.push(`add ${pod.metadata?.name ?? ''}`));
  informer.on('update', (pod) => seen.push(`update ${pod.metadata?.name ?? ''}`));
  informer.on('delete', (pod) => seen.push(`delete ${pod.metadata?.name ?? ''}`));
  informer.on('error', (error) => errors.push(error));
  await informer.start();
  await until(() => seen.filter((line) => line.startsWith('add')).length === 3, 'three pods');
  await apps.patchNamespacedDeploymentScale(
    { name: 'web', namespace: 'shop', body: { spec: { replicas: 3 } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  await until(() => informer.list().length === 4, 'a fourth pod');
  await until(
    () => informer.list().every(({ status }) => status?.phase === 'Running'),
    'all of them running',
  );
  assert.ok(seen.some((line) => line.startsWith('update')));
  await core.deleteNamespacedPod({ name: 'client', namespace: 'shop', gracePeriodSeconds: 0 });
  await until(() => seen.includes('delete client'), 'the end of a pod');
  assert.deepEqual(errors, []);
  await informer.stop();
}

async function watches({ config, core }: Clients): Promise<void> {
  const phases: string[] = [];
  const { metadata } = await core.listNamespacedConfigMap({ namespace: 'default' });
  const request = await new Watch(config).watch(
    '/api/v1/namespaces/default/configmaps',
    { resourceVersion: metadata?.resourceVersion },
    (phase: string, object: { metadata: { name: string } }) =>
      phases.push(`${phase} ${object.metadata.name}`),
    () => undefined,
  );
  await core.createNamespacedConfigMap({
    namespace: 'default',
    body: { metadata: { name: 'seen' }, data: { a: '1' } },
  });
  await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'seen' });
  await until(() => phases.length >= 2, 'two events');
  assert.deepEqual(phases, ['ADDED seen', 'DELETED seen']);
  request.abort();
}

async function patches({ config, core, apps }: Clients): Promise<void> {
  const namespace = 'shop';
  const settings = { namespace, name: 'settings' };
  const merged = await core.patchNamespacedConfigMap(
    { ...settings, body: { data: { colour: null, size: 'big' } } },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  assert.deepEqual(merged.data, { greeting: 'hello', size: 'big' });
  const replaced = await core.patchNamespacedConfigMap(
    { ...settings, body: [{ op: 'replace', path: '/data/size', value: 'small' }] },
    setHeaderOptions('Content-Type', PatchStrategy.JsonPatch),
  );
  assert.equal(replaced.data?.['size'], 'small');
  const env = [{ name: 'A', value: '1' }];
  const template = { spec: { containers: [{ name: 'web', env }] } };
  const strategic = await apps.patchNamespacedDeployment(
    { name: 'web', namespace, body: { spec: { template } } },
    setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
  );
  assert.equal(strategic.spec?.template.spec?.containers[0]?.image, 'nginx:1.29');
  assert.equal(strategic.spec?.template.spec?.containers[0]?.env?.[0]?.value, '1');
  const objects = KubernetesObjectApi.makeApiClient(config);
  const applied = await objects.patch(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine', namespace } },
    undefined,
    undefined,
    'client-check',
    undefined,
    PatchStrategy.ServerSideApply,
  );
  assert.equal(applied.metadata?.name, 'mine');
}

async function isRefused({ core }: Clients): Promise<void> {
  const missing = { namespace: 'shop', name: 'nope' };
  assert.deepEqual(await refusal(core.readNamespacedPod(missing)), {
    code: 404,
    reason: 'NotFound',
  });
  const body = await core.readNamespacedConfigMap({ namespace: 'shop', name: 'settings' });
  await core.replaceNamespacedConfigMap({
    namespace: 'shop',
    name: 'settings',
    body: { ...body, data: { a: 'b' } },
  });
  const again = core.replaceNamespacedConfigMap({ namespace: 'shop', name: 'settings', body });
  assert.deepEqual(await refusal(again), { code: 409, reason: 'Conflict' });
}

async function reachesContainers({ config, core }: Clients): Promise<void> {
  const { items } = await core.listNamespacedPod({ namespace: 'shop', labelSelector: 'app=web' });
  const pod = items.find(({ status }) => status?.phase === 'Running')?.metadata?.name ?? '';
  const out = new PassThrough();
  let text = '';
  out.on('data', (chunk: Buffer) => (text += chunk.toString()));
  let status: string | undefined;
  const command = ['sh', '-c', 'hostname; exit 4'];
  await new Exec(config).exec('shop', pod, 'web', command, out, null, null, false, (ended) => {
    status = `${ended.status ?? ''} ${ended.details?.causes?.[0]?.message ?? ''}`;
  });
  await until(() => status !== undefined, 'the end of the command');
  assert.deepEqual([text, status], [`${pod}\n`, 'Failure 4']);
  const log = new PassThrough();
  let lines = '';
  log.on('data', (chunk: Buffer) => (lines += chunk.toString()));
  await new Log(config).log('shop', pod, 'web', log, { follow: false });
  await until(() => lines !== '', 'a log');
}

const CHECKS: Readonly<Record<string, (clients: Clients) => Promise<void>>> = {
  'lists nodes, pods by label, and pages': lists,
  'follows an informer': followsAnInformer,
  'watches from a version': watches,
  'patches in four ways': patches,
  'is refused with 404 and 409': isRefused,
  'runs a command, reads a log': reachesContainers,
};

async function run(server: RunningServer): Promise<readonly { name: string; problem?: string }[]> {
  const config = new KubeConfig();
  config.loadFromString(server.kubeconfig);
  const clients: Clients = {
    config,
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
  };
  const rows: { name: string; problem?: string }[] = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    const problem = await check(clients).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    rows.push({ name, ...(problem === undefined ? {} : { problem }) });
  }
  return rows;
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, 'skipped-code': { type: 'string' } },
});
const now = new Date().toISOString();
const sandbox = startScenario({ name: 'client', manifests: [SHOP], now }, 'client-check');
const secure = { token: newToken(), users: new Map() };
const server = await serve(sandbox, { port: 0, clock: 'real', secure });
const rows = await run(server);
await server.close();
if (values.json) console.log(JSON.stringify(rows, null, 2));
else {
  for (const { name, problem } of rows) {
    console.log(
      `${problem === undefined ? 'ok    ' : 'FAILED'}  ${name}${problem === undefined ? '' : `\n        ${problem}`}`,
    );
  }
}
const failed = rows.filter(({ problem }) => problem !== undefined).length;
console.log(`@kubernetes/client-node: ${rows.length - failed} of ${rows.length} as it expects`);
process.exit(failed === 0 ? 0 : 1);
