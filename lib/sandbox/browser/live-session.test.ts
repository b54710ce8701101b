import { expect, test } from 'vitest';
import {
  followEntry,
  lastActOf,
  openLive,
  passLiveTime,
  plainTranscript,
  type Action,
  type LiveEntry,
  type LiveSandbox,
  type Transcript,
} from '#lib/simulator/index.ts';
import { createShellSystem } from '#lib/simulator/terminal.ts';
import type { HeardEntry, LiveAnswer } from '../live-protocol.ts';
import type { LiveOutcome, SandboxView } from '../protocol.ts';
import type { KeptSandbox, SandboxKeeper } from './keep-sandbox.ts';
import type { LiveLink, Reply } from './live-link.ts';
import { SandboxSession } from './sandbox-session.ts';
import type { SessionWorker } from './session-worker.ts';

const SECOND = 1_000_000;
const INITIAL: Transcript = {
  version: 1,
  scenario: { name: 'x', manifests: [] },
  seed: 's',
  actions: [{ type: 'command', line: 'kubectl create configmap earlier' }],
};
const VIEW: SandboxView = {
  topology: { nodes: [], services: [], podCidr: '', serviceCidr: '' },
  objects: [],
  summary: '',
  now: '',
  prompt: 'default',
  isRunning: false,
  actionCount: 0,
};
const command = (line: string): Action => ({ type: 'command', line });
const post = (name: string): Action => ({
  type: 'request',
  method: 'POST',
  path: '/api/v1/namespaces/default/configmaps',
  contentType: 'application/json',
  body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }),
});

/** The page's worker without its thread: the real simulator folds. */
function worker(): SessionWorker & { live: () => LiveSandbox } {
  let live: LiveSandbox | undefined;
  const follow = (entries: readonly LiveEntry[], clock: number): LiveOutcome => {
    const printed = entries.map((entry) => {
      const taken = lastActOf(live!.base, live!.entries)?.action;
      const { output, exitCode } = followEntry(live!, entry);
      const said = entry.what.type === 'undo' && taken ? { taken } : {};
      return { sequence: entry.sequence, prompt: 'default', output, exitCode, ...said };
    });
    const output = passLiveTime(live!, clock);
    const lastAct = lastActOf(live!.base, live!.entries);
    const transcript = plainTranscript(live!.base, live!.entries, clock);
    return { view: VIEW, printed, output, transcript, ...(lastAct ? { lastAct } : {}) };
  };
  return {
    live: () => live!,
    open: () => Promise.resolve(VIEW),
    act: () => Promise.resolve({ output: '', exitCode: 0, view: VIEW }),
    openLive: (base, entries, clock) => {
      live = openLive(base, createShellSystem);
      return Promise.resolve(follow(entries, clock));
    },
    follow: (entries, clock) => Promise.resolve(follow(entries, clock)),
    complete: () => Promise.resolve([]),
    traceRequest: () => Promise.resolve({ fault: 'not here' }),
    askPolicies: () => Promise.resolve({ fault: 'not here' }),
  };
}

/** A server that orders what pages and kubectl do; `isAway` loses what is sent, `losesAnswer` the answer alone. */
function server() {
  const entries: (HeardEntry & { key: string })[] = [];
  const state = { isAway: false, losesAnswer: false, ended: false, begun: 0 };
  let clock = 10 * SECOND;
  const append = (source: HeardEntry['source'], what: LiveEntry['what'], key = '') => {
    if (key !== '' && entries.some((entry) => entry.key === key)) return;
    clock += SECOND;
    entries.push({ sequence: entries.length + 1, at: clock, what, source, key });
  };
  const answer = (after: number, status = 200): Reply<LiveAnswer> =>
    state.isAway
      ? { type: 'unreached' }
      : {
          type: 'heard',
          status,
          value: {
            state: state.ended ? 'ended' : 'live',
            entries: entries.filter(({ sequence }) => sequence > after),
            clock,
          },
        };
  const link: LiveLink = {
    begin: (id, _contentId, base) => {
      state.begun += 1;
      const live = { id, base, kubeconfig: `kubeconfig ${state.begun}`, expiresAt: '' };
      return Promise.resolve({ type: 'heard', status: 200, value: live });
    },
    act: (_id, key, after, what) => {
      if (state.isAway) return Promise.resolve({ type: 'unreached' });
      if (what.type === 'undo' && entries.length !== after)
        return Promise.resolve(answer(after, 409));
      append('PAGE', what, key);
      if (state.losesAnswer) {
        state.losesAnswer = false;
        return Promise.resolve({ type: 'unreached' });
      }
      return Promise.resolve(answer(after));
    },
    // The tests ask when they want to know: nobody listens by itself.
    listen: (_id, after, wait) =>
      wait === 0 ? Promise.resolve(answer(after)) : new Promise(() => undefined),
    end: () => {
      state.ended = !state.isAway;
      return Promise.resolve(answer(0));
    },
  };
  return { link, append, entries, state };
}

async function setUp() {
  const store = new Map<string, KeptSandbox>();
  const keeper: SandboxKeeper = {
    load: (key) => Promise.resolve(store.get(key)),
    save: (key, kept) => Promise.resolve(void store.set(key, kept)),
    watch: () => () => undefined,
  };
  const there = server();
  const open = async () => {
    const here = worker();
    const session = new SandboxSession({
      key: 'open',
      initial: INITIAL,
      from: 'kept',
      writer: 'w',
      keeper,
      startWorker: () => ({ worker: here, stop: () => undefined }),
      liveLink: there.link,
    });
    await session.start();
    return { session, here };
  };
  const first = await open();
  expect(await first.session.goLive()).toMatchObject({ kubeconfig: 'kubeconfig 1' });
  return { ...first, there, open, store };
}

const lines = (session: SandboxSession) =>
  session.getSnapshot().log.map(({ input, output }) => [input, output.trim()]);
const maps = ({ live }: ReturnType<typeof worker>) =>
  live()
    .sandbox.cluster.store.list('ConfigMap', { namespace: 'default' })
    .map(({ metadata }) => metadata.name)
    .filter((name) => name !== 'kube-root-ca.crt');

test('page and kubectl act in one order, and the page tells who did what', async () => {
  const { session, here, there } = await setUp();
  there.append('KUBECTL', post('theirs'));
  await session.act(command('kubectl get configmap theirs -o name'));
  expect(lines(session)).toEqual([
    ['From your own kubectl', 'POST /api/v1/namespaces/default/configmaps 201'],
    ['kubectl get configmap theirs -o name', 'configmap/theirs'],
  ]);
  expect(maps(here)).toEqual(['earlier', 'theirs']);
  session.stop();
});

test('undo takes back the last act, also kubectl’s and one from before, and not on a state that nobody saw', async () => {
  const { session, here, there } = await setUp();
  there.append('KUBECTL', post('one'));
  await session.latestTranscript();
  there.append('KUBECTL', post('two'));
  await session.undo();
  expect(maps(here)).toEqual(['earlier', 'one', 'two']);
  expect(lines(session).map(([input]) => input)).toContain(
    'Not taken back: something else was done meanwhile. Look at it, then undo again.',
  );
  for (const left of [['earlier', 'one'], ['earlier'], []]) {
    expect(session.getSnapshot().canUndo).toBe(true);
    await session.undo();
    expect(maps(here)).toEqual(left);
  }
  expect(session.getSnapshot().canUndo).toBe(false);
  session.stop();
});

test('an answer that is lost is asked for again, and the act is done once', async () => {
  const { session, here, there } = await setUp();
  there.state.losesAnswer = true;
  await session.act(command('kubectl create configmap once'));
  expect(there.entries).toHaveLength(1);
  expect(maps(here)).toEqual(['earlier', 'once']);
  session.stop();
});

test('a reload goes on where the stream is, with what happened meanwhile', async () => {
  const { session, there, open } = await setUp();
  await session.act(command('kubectl create configmap mine'));
  session.stop();
  there.append('KUBECTL', post('meanwhile'));
  const again = await open();
  expect(again.session.getSnapshot().live).toBeDefined();
  await again.session.latestTranscript();
  expect(maps(again.here)).toEqual(['earlier', 'meanwhile', 'mine']);
  expect(await again.session.goLive()).toMatchObject({ kubeconfig: 'kubeconfig 2' });
  again.session.stop();
});

test('after the end the page goes on alone with everything that was done', async () => {
  const { session, there, store } = await setUp();
  there.append('KUBECTL', post('one'));
  await session.endLive();
  expect(session.getSnapshot()).toMatchObject({ live: undefined, canUndo: true });
  const { actions } = session.transcript();
  expect(actions.map(({ type }) => type)).toEqual(['command', 'clock', 'request', 'clock']);
  expect(store.get('open')).not.toHaveProperty('live');
  await session.act(command('kubectl get pods'));
  expect(there.entries).toHaveLength(1);
  session.stop();
});

test('without the server nothing is ended, and it is said', async () => {
  const { session, there } = await setUp();
  there.state.isAway = true;
  await session.endLive();
  expect(session.getSnapshot().live).toBeDefined();
  await session.act(command('kubectl get pods'));
  expect(session.getSnapshot().live).toMatchObject({ isConnected: false });
  expect(lines(session).at(-1)?.[0]).toMatch(/^No connection to the server/);
  session.stop();
});
