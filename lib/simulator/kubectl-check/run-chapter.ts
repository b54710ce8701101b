import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MILLISECOND, SECOND } from '../base/clock.ts';
import { startScenario, type Sandbox } from '../scenario/sandbox.ts';
import { serve, type RunningServer } from '../serve/serve.ts';
import { newToken } from '../serve/token-users.ts';
import { differencesFromReal, differencesFromTable, type Difference } from './compare-outcomes.ts';
import type { Kubectl } from './find-kubectl.ts';
import type { Chapter, KubectlCase, Outcome } from './kubectl-case.ts';
import { runPage } from './run-page.ts';
import { runReal } from './run-real.ts';

/** What one line gave. */
export interface Row {
  readonly chapter: string;
  readonly kubectl: string;
  readonly case: KubectlCase;
  readonly real: Outcome;
  readonly fromTable: readonly Difference[];
  /** Undefined when the page was not asked. */
  readonly fromReal?: readonly Difference[];
  readonly milliseconds: number;
}

/** Where the page says that the API server is; real kubectl prints where it really is. */
const ADDRESS_IN_PAGE = 'https://192.168.10.10:6443';
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Workplace {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** A home of its own for one kubectl: nothing that it caches is another's. */
function furnish(kubectl: Kubectl, chapter: Chapter, server: RunningServer): Workplace {
  const home = mkdtempSync(path.join(tmpdir(), 'hopwise-kubectl-'));
  const folder = path.join(home, 'work');
  for (const name of ['bin', 'work']) mkdirSync(path.join(home, name));
  symlinkSync(kubectl.file, path.join(home, 'bin', 'kubectl'));
  writeFileSync(path.join(home, 'kubeconfig'), server.kubeconfig, { mode: 0o600 });
  for (const [name, text] of Object.entries(chapter.files)) {
    writeFileSync(path.join(folder, name), text, { mode: 0o755 });
  }
  return {
    folder,
    environment: {
      ...process.env,
      PATH: `${path.join(home, 'bin')}:${process.env['PATH'] ?? ''}`,
      HOME: home,
      KUBECONFIG: path.join(home, 'kubeconfig'),
      KUBE_EDITOR: './edit.sh',
    },
  };
}

/** kubectl computes some ages by this machine's clock: the cluster gets to the same instant, early in a second. */
async function synchronise({ cluster }: Sandbox, { ages, after = 0 }: KubectlCase): Promise<void> {
  cluster.advance(after * SECOND);
  const now = () => Date.now() * MILLISECOND;
  if (ages === 'client') {
    while (cluster.now > now() || now() % SECOND > 0.15 * SECOND) await pause(5);
  }
  if (cluster.now < now()) cluster.advance(now() - cluster.now);
}

const withAddress = (outcome: Outcome, address: string): Outcome => ({
  ...outcome,
  stdout: outcome.stdout.replaceAll(address, ADDRESS_IN_PAGE),
  stderr: outcome.stderr.replaceAll(address, ADDRESS_IN_PAGE),
});

/** Runs a chapter's lines with one kubectl, and with the page's beside it when it is asked for. */
export async function runChapter(
  chapter: Chapter,
  kubectl: Kubectl,
  options: { readonly page: 'compare' | 'leave'; readonly only: string | undefined },
): Promise<readonly Row[]> {
  const sandbox = startScenario(
    { name: chapter.name, manifests: chapter.manifests, age: '30m', now: new Date().toISOString() },
    'kubectl-check',
  );
  const server = await serve(sandbox, {
    port: 0,
    clock: 'frozen',
    secure: { token: newToken(), users: new Map() },
  });
  const place = furnish(kubectl, chapter, server);
  const rows: Row[] = [];
  try {
    for (const each of chapter.cases) {
      await synchronise(sandbox, each);
      const isAsked = options.only === undefined || each.line.includes(options.only);
      const asksPage = isAsked && options.page === 'compare' && each.notInPage === undefined;
      const page = asksPage ? runPage(sandbox, each, chapter.files) : undefined;
      const began = performance.now();
      const real = withAddress(await runReal(sandbox, server, each, place), server.address);
      if (!isAsked) continue;
      rows.push({
        chapter: chapter.name,
        kubectl: kubectl.minor,
        case: each,
        real,
        fromTable: differencesFromTable(each, kubectl.minor, real),
        ...(page && {
          fromReal: differencesFromReal(real, page, each.seconds !== undefined),
        }),
        milliseconds: performance.now() - began,
      });
    }
  } finally {
    await server.close();
    rmSync(path.dirname(place.folder), { recursive: true, force: true });
  }
  return rows;
}
