import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, query, test } from './fixtures.ts';

// A real kubectl, unmodified, from a terminal while the page is open. `npm run kubectl-check` fetches one.
const places = [
  process.env['KUBECTL'] ?? '',
  ...['1.35', '1.34', '1.36', '1.33'].map((minor) =>
    path.resolve('.cache', 'kubectl', `kubectl-${minor}`),
  ),
  '/usr/lib/google-cloud-sdk/bin/kubectl.1.33',
  ...(process.env['PATH'] ?? '').split(':').map((folder) => path.join(folder, 'kubectl')),
];
const KUBECTL = places.find((file) => file !== '' && existsSync(file));

let folder = '';
const running = new Set<ChildProcess>();
test.beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hopwise-kubeconfig-'));
});
test.afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));
test.beforeEach(() => {
  test.skip(KUBECTL === undefined, 'there is no kubectl on this machine');
  test.slow();
});

interface Terminal {
  /** Runs kubectl to its end. */
  run(
    line: string,
    input?: string,
  ): { readonly code: number | null; readonly out: string; readonly err: string };
  /** Starts one that goes on, and tells what it has printed. */
  start(line: string): { readonly child: ChildProcess; readonly out: () => string };
}

function terminalWith(kubeconfig: string): Terminal {
  const cache = path.join(folder, 'cache');
  const args = (line: string) => [
    '--kubeconfig',
    kubeconfig,
    '--cache-dir',
    cache,
    ...line.split(' '),
  ];
  return {
    run(line, input = '') {
      const done = spawnSync(KUBECTL!, args(line), { input, encoding: 'utf8', timeout: 60_000 });
      return { code: done.status, out: done.stdout, err: done.stderr };
    },
    start(line) {
      const child = spawn(KUBECTL!, args(line), { stdio: ['ignore', 'pipe', 'inherit'] });
      running.add(child);
      let text = '';
      child.stdout.on('data', (chunk) => (text += String(chunk)));
      return { child, out: () => text };
    },
  };
}

const button = (page: Page) => page.getByRole('button', { name: /^Your kubectl/ });
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Use your own kubectl' });

async function goLive(page: Page, address = '/sandbox'): Promise<Terminal> {
  await page.goto(address);
  await expect(button(page)).toBeEnabled();
  await button(page).click();
  await dialog(page).getByRole('button', { name: 'Get a kubeconfig' }).click();
  const download = page.waitForEvent('download');
  await dialog(page).getByRole('link', { name: 'Download the kubeconfig' }).click();
  const file = path.join(folder, `${crypto.randomUUID()}.yaml`);
  await (await download).saveAs(file);
  expect(readFileSync(file, 'utf8')).toContain('kind: Config');
  await dialog(page).getByRole('button', { name: 'Close' }).click();
  return terminalWith(file);
}

async function type(page: Page, line: string): Promise<void> {
  const prompt = page.getByLabel(/^Command at/);
  await prompt.fill(line);
  await prompt.press('Enter');
}

const log = (page: Page) => page.getByRole('log');

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: { name: fresh, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: fresh } }
  template:
    metadata: { labels: { app: fresh } }
    spec:
      containers: [{ name: web, image: 'nginx:1.27' }]
`;

test('what is applied there appears here, what is undone here is gone there', async ({ page }) => {
  const kubectl = await goLive(page);
  expect(kubectl.run('version').out).toContain('Server Version: v1.35');
  const applied = kubectl.run('apply -f -', WEB);
  expect(applied).toMatchObject({ code: 0, out: 'deployment.apps/fresh created\n' });
  const answered = Date.now();
  await expect(log(page)).toContainText('POST /apis/apps/v1/namespaces/shop/deployments 201');
  expect(Date.now() - answered, 'milliseconds until the page shows it').toBeLessThan(2_500);

  // Controllers go on with the clock of both: the pods run, and kubectl waits for them as for any other.
  expect(kubectl.run('rollout status deployment/fresh --timeout=60s')).toMatchObject({ code: 0 });
  const watch = kubectl.start('get deployments -w');
  await expect.poll(watch.out).toContain('fresh');

  // What is done here, is there.
  await type(page, 'kubectl scale deployment fresh --replicas=3');
  await expect(log(page)).toContainText('deployment.apps/fresh scaled');
  await expect
    .poll(() => kubectl.run('get deployment fresh -o jsonpath={.status.readyReplicas}').out)
    .toBe('3');
  await expect.poll(watch.out).toMatch(/fresh +3\/3/);

  // Undo takes back the last act, then the one before it: kubectl's.
  const undo = page.getByRole('button', { name: 'Undo', exact: true });
  await undo.click();
  await expect(log(page)).toContainText('Taken back: kubectl scale deployment fresh --replicas=3');
  expect(kubectl.run('get deployment fresh -o jsonpath={.spec.replicas}').out).toBe('2');
  await undo.click();
  await expect(log(page)).toContainText(
    'Taken back: POST /apis/apps/v1/namespaces/shop/deployments',
  );
  expect(kubectl.run('get deployment fresh')).toMatchObject({
    code: 1,
    err: 'Error from server (NotFound): deployments.apps "fresh" not found\n',
  });
  await expect.poll(watch.out).toMatch(/fresh +2\/2/); // the open watch heard both
  expect(watch.child.exitCode).toBeNull();

  // Applied again there, it is here again.
  expect(kubectl.run('apply -f -', WEB).code).toBe(0);
  await type(page, 'kubectl get deployment fresh -o name');
  await expect(log(page)).toContainText('deployment.apps/fresh\n');
});

test('edit, diff, server-side apply, logs -f, exec: what works, and what is said of what does not', async ({
  page,
}) => {
  const kubectl = await goLive(page);
  expect(kubectl.run('apply --server-side -f -', WEB).out).toContain('serverside-applied');
  const diff = kubectl.run('diff -f -', WEB.replace('replicas: 2', 'replicas: 4'));
  expect([diff.code, diff.out]).toEqual([1, expect.stringContaining('+  replicas: 4')]);
  expect(kubectl.run('rollout status deployment/fresh --timeout=60s').code).toBe(0);
  const logs = kubectl.start('logs -f deployment/fresh');
  await type(page, 'kubectl exec deploy/web -- curl -sS -m 2 http://catalog');
  const exec = kubectl.run('exec deployment/fresh -- ls');
  expect(exec.code).not.toBe(0);
  expect(kubectl.run('delete deployment fresh').out).toContain('deleted');
  await expect.poll(() => logs.child.exitCode, { timeout: 60_000 }).toBe(0); // its pod has gone
});

test('a reload goes on where the stream is, and the end takes the kubeconfig back', async ({
  page,
}) => {
  const kubectl = await goLive(page);
  kubectl.run('create configmap before --from-literal=a=b');
  await expect(log(page)).toContainText('POST /api/v1/namespaces/shop/configmaps 201');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Your kubectl live' })).toBeVisible();
  kubectl.run('create configmap after --from-literal=a=b');
  await type(page, 'kubectl get configmaps -o name');
  await expect(log(page)).toContainText(/configmap\/after.*configmap\/before/s);

  await button(page).click();
  await dialog(page).getByRole('button', { name: 'End the kubeconfig' }).click();
  await expect(page.getByText('The kubeconfig has ended.')).toBeVisible();
  await dialog(page).getByRole('button', { name: 'Close' }).click();
  expect(kubectl.run('get pods').err).toContain('You must be logged in to the server');

  // Alone again, also without a connection.
  await expect(button(page)).toHaveAccessibleName('Your kubectl: use it on this cluster');
  await page.context().setOffline(true);
  await type(page, 'kubectl delete configmap after');
  await expect(log(page)).toContainText('configmap "after" deleted');
  await page.context().setOffline(false);
});

test('grading sees what one’s own kubectl repaired', async ({ page }) => {
  const kubectl = await goLive(page, '/exercises/selector-matches-nothing');
  const patch = path.join(folder, 'patch.json');
  writeFileSync(patch, '{"spec":{"selector":{"app":"catalogue"}}}');
  const patched = kubectl.run(`patch service catalog --patch-file ${patch}`);
  expect(patched.out).toBe('service/catalog patched\n');
  await page.getByRole('button', { name: /^Check/ }).click();
  await expect(page.getByRole('status').filter({ hasText: 'hold' })).toHaveText('5 of 5 hold');
  const [attempt] = await query<{ types: string }>(
    `SELECT (SELECT string_agg(DISTINCT a->>'type', ',') FROM jsonb_array_elements(answer->'actions') a) AS types
     FROM "Attempt" WHERE kind = 'EXERCISE' AND "isCorrect" ORDER BY "createdAt" DESC LIMIT 1`,
  );
  expect(attempt?.types).toContain('request');
});

for (const theme of ['light', 'dark'] as const)
  for (const width of [1440, 390])
    test(`the dialog is accessible and fits, ${theme}, ${width} px wide`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 844 });
      await page.goto('/sandbox');
      if (width < 800)
        await page
          .getByRole('tab', { name: 'Cluster' })
          .or(page.getByRole('button', { name: 'Cluster', exact: true }))
          .first()
          .click();
      await expect(button(page)).toBeEnabled();
      await button(page).click();
      const look = async (step: string) => {
        await expect(dialog(page)).toBeVisible();
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
        const isWide = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        );
        expect(isWide, `${step} scrolls sideways`).toBe(false);
        await page.screenshot({ path: `e2e/.out/kubeconfig-${theme}-${width}-${step}.png` });
      };
      await look('offer');
      await dialog(page).getByRole('button', { name: 'Get a kubeconfig' }).click();
      await expect(dialog(page).getByRole('link', { name: /Download/ })).toBeVisible();
      await look('live');
      await dialog(page).getByRole('button', { name: 'Close' }).click();
      await page.screenshot({ path: `e2e/.out/kubeconfig-${theme}-${width}-page.png` });
    });
