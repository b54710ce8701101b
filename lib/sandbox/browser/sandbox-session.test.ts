import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Action, Transcript } from '#lib/simulator/index.ts';
import type { SandboxView } from '../protocol.ts';
import type { KeptSandbox, SandboxKeeper } from './keep-sandbox.ts';
import { SandboxSession } from './sandbox-session.ts';
import type { SessionWorker } from './session-worker.ts';

const INITIAL: Transcript = {
  version: 1,
  scenario: { name: 'x', manifests: [] },
  seed: 's',
  actions: [],
};
const VIEW: SandboxView = {
  topology: { nodes: [], services: [], podCidr: '', serviceCidr: '' },
  objects: [],
  summary: '',
  now: '2026-11-02T09:00:00Z',
  prompt: 'shop',
  isRunning: false,
  actionCount: 0,
};
const command = (line: string): Action => ({ type: 'command', line });

/** A worker that answers with what it was asked; `crash` is a fault of ours. */
function echoWorker(opened: Transcript[]): SessionWorker {
  return {
    open(transcript) {
      opened.push(transcript);
      return Promise.resolve(VIEW);
    },
    act: (action) =>
      Promise.resolve(
        action.type === 'command' && action.line === 'crash'
          ? { fault: 'invariant: x' }
          : {
              output: action.type === 'command' ? `did ${action.line}\n` : '',
              exitCode: 0,
              view: VIEW,
            },
      ),
    openLive: () => Promise.resolve({ fault: 'not here' }),
    follow: () => Promise.resolve({ fault: 'not here' }),
    complete: () => Promise.resolve([]),
    traceRequest: () => Promise.resolve({ fault: 'not here' }),
    askPolicies: () => Promise.resolve({ fault: 'not here' }),
  };
}

function setUp(store = new Map<string, KeptSandbox>()) {
  const opened: Transcript[] = [];
  const watchers: ((writer: string) => void)[] = [];
  const keeper: SandboxKeeper = {
    load: (key) => Promise.resolve(store.get(key)),
    save(key, kept) {
      store.set(key, kept);
      watchers.forEach((watcher) => watcher(kept.writer));
      return Promise.resolve();
    },
    watch(_key, onForeignSave) {
      watchers.push(onForeignSave);
      return () => undefined;
    },
  };
  const open = (writer: string) =>
    new SandboxSession({
      key: 'k',
      initial: INITIAL,
      from: 'kept',
      writer,
      keeper,
      startWorker: () => ({ worker: echoWorker(opened), stop: () => undefined }),
    });
  return { store, opened, keeper, open };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('what was done is opened again after a reload, with what was read', async () => {
  const { open, opened } = setUp();
  const first = open('a');
  await first.start();
  await first.act(command('one'));
  first.stop();
  const second = open('b');
  await second.start();
  expect(opened.at(-1)?.actions).toEqual([command('one')]);
  expect(second.getSnapshot().log.map(({ input, output }) => [input, output])).toEqual([
    ['one', 'did one\n'],
  ]);
});

test('undo takes back the last act and the time after it', async () => {
  const { open, opened } = setUp();
  const session = open('a');
  await session.start();
  await session.act(command('one'));
  await session.act(command('two'));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(session.transcript().actions.at(-1)).toEqual({ type: 'advance', duration: 3_000_000 });
  await session.undo();
  expect(opened.at(-1)?.actions).toEqual([command('one')]);
  expect(session.getSnapshot().canUndo).toBe(true);
});

test('a reset can be undone, also after a reload, until something else is done', async () => {
  const { open, store } = setUp();
  const session = open('a');
  await session.start();
  await session.act(command('one'));
  await session.reset();
  expect(session.transcript().actions).toEqual([]);
  session.stop();
  const again = open('b');
  await again.start();
  expect(again.getSnapshot().canUndoReset).toBe(true);
  await again.undoReset();
  expect(again.transcript().actions[0]).toEqual(command('one'));
  await again.reset();
  await again.act(command('two'));
  expect(again.getSnapshot().canUndoReset).toBe(false);
  expect(store.get('k')?.beforeReset).toBeUndefined();
});

test('a fault of ours keeps the work before it, and a new worker goes on', async () => {
  const { open } = setUp();
  const session = open('a');
  await session.start();
  await session.act(command('one'));
  await session.act(command('crash'));
  expect(session.getSnapshot()).toMatchObject({ status: 'faulted', fault: 'invariant: x' });
  expect(session.transcript().actions.filter(({ type }) => type === 'command')).toEqual([
    command('one'),
  ]);
  await session.restart();
  expect(session.getSnapshot()).toMatchObject({ status: 'ready', fault: undefined });
});

test('a save from another tab is noticed, and can be followed', async () => {
  const { open } = setUp();
  const mine = open('a');
  const other = open('b');
  await mine.start();
  await other.start();
  await other.act(command('theirs'));
  expect(mine.getSnapshot().isOvertaken).toBe(true);
  expect(other.getSnapshot().isOvertaken).toBe(false);
  await mine.followOtherTab();
  expect(mine.getSnapshot().isOvertaken).toBe(false);
  expect(mine.transcript().actions[0]).toEqual(command('theirs'));
});

test('a browser that keeps nothing is said so, and the work goes on', async () => {
  const { open, keeper } = setUp();
  keeper.save = () => Promise.reject(new Error('QuotaExceededError'));
  const session = open('a');
  await session.start();
  await session.act(command('one'));
  expect(session.getSnapshot()).toMatchObject({ status: 'ready', isUnkept: true });
});

test('actions wait for one another', async () => {
  const { open } = setUp();
  const session = open('a');
  await session.start();
  await Promise.all([
    session.act(command('1')),
    session.act(command('2')),
    session.act(command('3')),
  ]);
  expect(session.getSnapshot().log.map(({ output }) => output)).toEqual([
    'did 1\n',
    'did 2\n',
    'did 3\n',
  ]);
});

test('a session that is stopped while it reads what was kept starts no worker', async () => {
  const { open, opened } = setUp();
  const session = open('a');
  const started = session.start();
  await Promise.resolve(); // it has begun to read
  session.stop();
  await started;
  expect(opened).toEqual([]);
});
