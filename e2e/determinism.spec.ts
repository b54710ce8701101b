import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Page, Worker } from '@playwright/test';
import { parse } from 'yaml';
import { encodeTranscript } from '#lib/sandbox/share-link.ts';
import { SHOP_SCENARIO } from '#lib/sandbox/shop-scenario.ts';
import {
  ENGINE_VERSION,
  openSandbox,
  sandboxFingerprint,
  type Action,
  type Scenario,
  type Transcript,
} from '#lib/simulator/index.ts';
import { expect, test } from './fixtures.ts';

// A transcript folds to the same state everywhere: the worker of the production build against Node.

/** Asks the page's simulator as its page would: one comlink call, heard inside the worker. */
function askWorker(worker: Worker, method: 'fingerprint' | 'transcript'): Promise<unknown> {
  return worker.evaluate(
    (name) =>
      new Promise((resolve) => {
        const id = `probe-${name}`;
        const post = self.postMessage.bind(self);
        self.postMessage = ((message: { id?: string; value?: unknown }, transfer?: never) => {
          if (message.id !== id) return post(message, transfer);
          self.postMessage = post;
          resolve(message.value);
        }) as typeof self.postMessage;
        const data = { id, type: 'APPLY', path: [name], argumentList: [] };
        self.dispatchEvent(new MessageEvent('message', { data }));
      }),
    method,
  );
}

const prompt = (page: Page) => page.getByLabel(/^Command at/);

async function openInBrowser(page: Page, transcript: Transcript): Promise<Worker> {
  await page.goto(`/sandbox#s=${await encodeTranscript(transcript)}`);
  await expect(page.getByText('This is a copy of what somebody shared.')).toBeVisible();
  await expect(prompt(page)).toBeEnabled({ timeout: 30_000 });
  await expect.poll(() => page.workers().length).toBe(1);
  return page.workers()[0]!;
}

/** A start state of the content, and what an author did in it. */
function solvedExercises(): Transcript[] {
  const folder = 'content/exercises';
  return readdirSync(folder)
    .filter((slug) => !slug.includes('.'))
    .map((slug) => {
      const read = (file: string) => readFileSync(path.join(folder, slug, file), 'utf8');
      const { scenario: written } = parse(read('exercise.yaml')) as {
        scenario: Omit<Scenario, 'name' | 'files'> & { files?: string[] };
      };
      const scenario: Scenario = {
        ...written,
        name: slug,
        manifests: written.manifests.map(read),
        files: Object.fromEntries(
          (written.files ?? []).map((file) => [path.basename(file), read(file)]),
        ),
      };
      const { steps } = parse(read('solution.yaml')) as {
        steps: ({ command: string } | { apply: string })[];
      };
      const actions = steps.map((step): Action =>
        'apply' in step
          ? { type: 'apply', yaml: step.apply }
          : { type: 'command', line: step.command },
      );
      return { version: ENGINE_VERSION, scenario, seed: slug, actions };
    });
}

const shop: Transcript = {
  version: ENGINE_VERSION,
  scenario: SHOP_SCENARIO,
  seed: 'determinism',
  actions: [
    { type: 'command', line: 'kubectl -n shop scale deployment catalog --replicas=5' },
    { type: 'advance', duration: 10_000_000 },
    { type: 'command', line: 'kubectl -n shop exec deploy/web -- curl -s http://catalog:8080/' },
    { type: 'command', line: 'kubectl -n shop delete pod -l app=web' },
    { type: 'command', line: 'kubectl -n shop get pods -o wide' },
  ],
};

for (const transcript of [shop, ...solvedExercises()]) {
  test(`a transcript of ${transcript.scenario.name} folds to the same state in the page and in Node`, async ({
    page,
  }) => {
    const worker = await openInBrowser(page, transcript);
    const seen = await askWorker(worker, 'fingerprint');
    expect(seen).toMatch(/^[0-9a-f]{64}$/);
    expect(seen).toBe(sandboxFingerprint(openSandbox(transcript)));
  });
}

test('what a learner typed in the page folds to the same state in Node', async ({ page }) => {
  const worker = await openInBrowser(page, { ...shop, actions: [] });
  for (const line of [
    'kubectl get nodes -o wide',
    'kubectl -n shop scale deployment web --replicas=3',
    'kubectl -n shop exec deploy/web -- nslookup catalog',
  ]) {
    await prompt(page).fill(line);
    await prompt(page).press('Enter');
    await expect(prompt(page)).toHaveValue('');
  }
  const acts = async () =>
    ((await askWorker(worker, 'transcript')) as Transcript).actions.filter(
      ({ type }) => type === 'command',
    ).length;
  await expect.poll(acts).toBe(3);
  const typed = (await askWorker(worker, 'transcript')) as Transcript;
  const seen = await askWorker(worker, 'fingerprint');
  expect(seen).toBe(sandboxFingerprint(openSandbox(typed)));
  expect(seen).not.toBe(sandboxFingerprint(openSandbox({ ...typed, actions: [] })));
});
