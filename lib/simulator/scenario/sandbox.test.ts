import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { gradeSandbox } from './grade.ts';
import { act, forkSandbox, openSandbox, sandboxFingerprint, startScenario } from './sandbox.ts';
import type { Scenario } from './scenario.ts';
import { sendRequest } from './send-request.ts';
import type { Transcript } from './transcript.ts';
import { ENGINE_VERSION } from './transcript.ts';

const deployment = (name: string, image: string, args: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers: [{name: ${name}, image: ${image}, args: ${args}, ports: [{containerPort: 8080}]}]
`;

const service = (selector: string, more = '') => `
apiVersion: v1
kind: Service
metadata: {name: catalog, namespace: shop}
spec:
  selector: ${selector}
  ports: [{port: 80, targetPort: 8080${more}}]
`;

const SHOP: Scenario = {
  name: 'shop',
  namespace: 'shop',
  manifests: [
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n',
    deployment('catalog', 'registry.k8s.io/e2e-test-images/agnhost:2.53', '[netexec]'),
    deployment('web', 'nicolaka/netshoot', '[sleep, infinity]'),
    service('{app: catalog}'),
  ],
};

const transcript = (scenario: Scenario, ...actions: Transcript['actions']): Transcript => ({
  version: ENGINE_VERSION,
  scenario,
  seed: 'test',
  actions,
});

test('a client reaches a pod through its Service, by name', () => {
  const { outcome } = sendRequest(
    startScenario(SHOP, 'test'),
    'shop/web',
    'http://catalog/hostname',
  );
  expect(outcome).toEqual({ status: 200 });
});

test.each([
  ['no pod matches the selector', service('{app: catalogue}'), 'refused'],
  ['the target port is wrong', service('{app: catalog}', '').replace('8080', '9090'), 'refused'],
] as const)('%s: the client is refused', (_name, manifest, failure) => {
  const manifests = [...SHOP.manifests.slice(0, 3), manifest];
  const sandbox = startScenario({ ...SHOP, manifests }, 'test');
  expect(sendRequest(sandbox, 'shop/web', 'http://catalog').outcome).toEqual({ failure });
});

test('a name that nobody has is not resolved', () => {
  const sandbox = startScenario(SHOP, 'test');
  expect(sendRequest(sandbox, 'shop/web', 'http://nobody').outcome).toEqual({
    failure: 'unresolved',
  });
});

test('every endpoint is picked sooner or later, and nothing else', () => {
  const sandbox = startScenario(SHOP, 'test');
  const answers = new Set(
    Array.from({ length: 20 }, () =>
      sendRequest(sandbox, 'shop/web', 'http://catalog/hostname').output.trim(),
    ),
  );
  const pods = sandbox.cluster.store
    .list('Pod', { namespace: 'shop', labelSelector: 'app=catalog' })
    .map((pod) => pod.metadata.name);
  expect([...answers].sort()).toEqual(pods);
});

test('the same transcript gives the same fingerprint, another seed another one', () => {
  const actions: Transcript['actions'] = [
    { type: 'send', from: 'shop/web', to: 'catalog' },
    { type: 'advance', duration: 30 * SECOND },
  ];
  const once = sandboxFingerprint(openSandbox(transcript(SHOP, ...actions)));
  expect(sandboxFingerprint(openSandbox(transcript(SHOP, ...actions)))).toBe(once);
  const other = openSandbox({ ...transcript(SHOP, ...actions), seed: 'other' });
  expect(sandboxFingerprint(other)).not.toBe(once);
});

test('a fork goes its own way, and goes the same way as the original would', () => {
  const sandbox = startScenario(SHOP, 'test');
  const before = sandboxFingerprint(sandbox);
  const fork = forkSandbox(sandbox);
  expect(sandboxFingerprint(fork)).toBe(before);
  act(fork, { type: 'send', from: 'shop/web', to: 'catalog' });
  expect(sandboxFingerprint(sandbox)).toBe(before);
  act(sandbox, { type: 'send', from: 'shop/web', to: 'catalog' });
  expect(sandboxFingerprint(sandbox)).toBe(sandboxFingerprint(fork));
});

test('a transcript over its budget stands still and says so', () => {
  const actions: Transcript['actions'] = Array.from({ length: 50 }, () => ({
    type: 'advance',
    duration: 3600 * SECOND,
  }));
  const sandbox = openSandbox(transcript(SHOP, ...actions), 2_000);
  expect(sandbox.cluster.isExhausted).toBe(true);
});

test('checks say what was observed', () => {
  const broken = {
    ...SHOP,
    manifests: [...SHOP.manifests.slice(0, 3), service('{app: catalogue}')],
  };
  const sandbox = startScenario(broken, 'test');
  const grade = gradeSandbox(
    sandbox,
    [
      {
        type: 'request',
        title: 'web reaches catalog',
        from: 'shop/web',
        url: 'http://catalog',
        expect: { status: 200 },
      },
      { type: 'endpoints', title: 'two ready', namespace: 'shop', service: 'catalog', ready: 2 },
      {
        type: 'object',
        title: 'port',
        kind: 'Service',
        namespace: 'shop',
        name: 'catalog',
        path: '.spec.ports[0].port',
        equals: 80,
      },
      { type: 'blast-radius', title: 'nothing new', allowed: [] },
      {
        type: 'kept',
        title: 'labels stay',
        kind: 'Deployment',
        namespace: 'shop',
        name: 'catalog',
        paths: ['.spec.template.metadata.labels'],
      },
    ],
    { scenario: broken, seed: 'test' },
  );
  expect(grade.passed).toBe(false);
  expect(
    grade.findings.map(({ passed, observed }) => [passed, observed.replace(/\d+ ms/, 'N ms')]),
  ).toEqual([
    [false, 'refused in N ms'],
    [false, '0 ready endpoints'],
    [true, '.spec.ports[0].port: 80'],
    [true, '0 new'],
    [true, 'unchanged'],
  ]);
});
