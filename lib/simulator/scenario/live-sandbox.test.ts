import { expect, test } from 'vitest';
import { handleRequest } from '../apiserver/rest.ts';
import { pollWatch } from '../apiserver/watch.ts';
import { createShellSystem } from '../shell/system.ts';
import type { Action } from './action.ts';
import {
  elapsedIn,
  followEntry,
  lastActOf,
  openLive,
  passLiveTime,
  plainTranscript,
  type LiveEntry,
} from './live-sandbox.ts';
import { openSandbox, sandboxFingerprint } from './sandbox.ts';
import type { Transcript } from './transcript.ts';

const SECOND = 1_000_000;

const CONFIG = (value: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'note', namespace: 'default' },
    data: { value },
  });

const POD = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'web', image: 'nginx' }] },
});

const BASE: Transcript = {
  version: 1,
  scenario: { name: 'live', manifests: [], now: '2026-11-23T09:00:00Z' },
  seed: 'live',
  actions: [{ type: 'command', line: 'kubectl create configmap earlier --from-literal=a=b' }],
};

const post = (path: string, body: string): Action => ({
  type: 'request',
  method: 'POST',
  path,
  contentType: 'application/json',
  body,
});
const command = (line: string): Action => ({ type: 'command', line });
const createPod = post('/api/v1/namespaces/default/pods', POD);
const createNote = post('/api/v1/namespaces/default/configmaps', CONFIG('one'));

const entry = (sequence: number, seconds: number, what: LiveEntry['what']): LiveEntry => ({
  sequence,
  at: seconds * SECOND,
  what,
});

const open = () => openLive(BASE, createShellSystem);

function fold(entries: readonly LiveEntry[]) {
  const live = open();
  const results = entries.map((each) => followEntry(live, each));
  return { live, results };
}

test('the cluster begins at the time of its scenario', () => {
  const { sandbox } = open();
  expect(new Date(sandbox.startedAt / 1000).toISOString()).toBe('2026-11-23T09:00:00.000Z');
});

test('a request over HTTP is answered as the API server answers, and kubectl of the page sees it', () => {
  const { results } = fold([
    entry(1, 5, createNote),
    entry(2, 6, createNote),
    entry(3, 7, command('kubectl get configmap note -o jsonpath={.data.value}')),
  ]);
  expect(results[0]?.response).toMatchObject({ status: 201 });
  expect(results[0]?.output).toBe('POST /api/v1/namespaces/default/configmaps 201\n');
  expect(results[1]?.response).toMatchObject({ status: 409 });
  expect(results[2]?.output).toBe('one');
});

test('bytes of a protobuf body come through base64 as they were', () => {
  const body = Buffer.from(CONFIG('schön')).toString('base64');
  const { results } = fold([
    entry(1, 1, {
      ...post('/api/v1/namespaces/default/configmaps', body),
      encoding: 'base64',
    } as Action),
  ]);
  expect(results[0]?.response).toMatchObject({ status: 201 });
});

test('time gives the same cluster in however many pieces it passes, also while something streams', () => {
  const entries = [
    entry(1, 2, createPod),
    entry(2, 4.3, command('kubectl get pods -w')),
    entry(3, 15.7, createNote),
  ];
  const whole = fold(entries).live;
  passLiveTime(whole, 20 * SECOND);
  const pieces = open();
  for (const each of entries) {
    while (elapsedIn(pieces.sandbox) + 370_000 < each.at)
      passLiveTime(pieces, elapsedIn(pieces.sandbox) + 370_000);
    followEntry(pieces, each);
  }
  for (let at = 15.8; at <= 20; at += 0.3) passLiveTime(pieces, at * SECOND);
  passLiveTime(pieces, 20 * SECOND);
  expect(sandboxFingerprint(pieces.sandbox)).toBe(sandboxFingerprint(whole.sandbox));
  const plain = openSandbox(plainTranscript(BASE, entries, 20 * SECOND));
  expect(sandboxFingerprint(plain)).toBe(sandboxFingerprint(whole.sandbox));
});

test('a command takes its time at once, and the wall clock catches up', () => {
  const { live } = fold([entry(1, 10, command('sleep 5'))]);
  const after = elapsedIn(live.sandbox);
  expect(after).toBeGreaterThan(15 * SECOND);
  passLiveTime(live, 12 * SECOND);
  expect(elapsedIn(live.sandbox)).toBe(after);
  passLiveTime(live, 60 * SECOND);
  expect(elapsedIn(live.sandbox)).toBe(60 * SECOND);
});

test('what was taken back is gone, what came later stays, and time goes on', () => {
  const { live } = fold([
    entry(1, 5, createPod),
    entry(2, 20, createNote),
    entry(3, 30, { type: 'undo', of: 1 }),
  ]);
  const { store } = live.sandbox.cluster;
  expect(store.get('Pod', 'default', 'web')).toBeUndefined();
  expect(store.get('ConfigMap', 'default', 'note')).toBeDefined();
  expect(elapsedIn(live.sandbox)).toBe(30 * SECOND);
});

test('an act from before the first entry can be taken back too, and taking back cannot', () => {
  const { live } = fold([
    entry(1, 5, { type: 'undo', of: 0 }),
    entry(2, 6, { type: 'undo', of: 1 }),
  ]);
  expect(live.sandbox.cluster.store.get('ConfigMap', 'default', 'earlier')).toBeUndefined();
});

test('versions after taking back are higher than any before, and folded twice they are the same', () => {
  const entries = [
    entry(1, 5, createPod),
    entry(2, 30, { type: 'undo', of: 1 }),
    entry(3, 31, createPod),
    entry(4, 40, { type: 'undo', of: 3 }),
    entry(5, 41, createNote),
  ];
  const seen: number[] = [];
  const live = open();
  for (const each of entries) {
    followEntry(live, each);
    seen.push(live.sandbox.cluster.store.resourceVersion);
  }
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(new Set(seen).size).toBe(seen.length);
  expect(sandboxFingerprint(fold(entries).live.sandbox)).toBe(sandboxFingerprint(live.sandbox));
});

test('an open watch hears what taking back changed; one from before is told that it is too old', () => {
  const live = open();
  followEntry(live, entry(1, 5, createPod));
  passLiveTime(live, 20 * SECOND);
  const { store, now } = live.sandbox.cluster;
  const path = `/api/v1/pods?watch=true&resourceVersion=${store.resourceVersion}`;
  const opened = handleRequest({ method: 'GET', path }, live.sandbox.cluster.apiServer);
  if (opened.type !== 'watch') throw new Error('no watch');
  const { watcher } = opened;
  const late = { ...watcher };
  expect(pollWatch(watcher, store, now).lines).toEqual([]);
  const { jump = [] } = followEntry(live, entry(2, 30, { type: 'undo', of: 1 }));
  const after = live.sandbox.cluster;
  const heard = pollWatch(
    watcher,
    Object.create(after.store, { changesSince: { value: () => jump } }) as typeof after.store,
    after.now,
  );
  const events = heard.lines.map((line) => JSON.parse(line) as { type: string; object: never });
  expect(events).toMatchObject([{ type: 'DELETED', object: { metadata: { name: 'web' } } }]);
  expect(pollWatch(watcher, after.store, after.now).isClosed).toBe(false);
  expect(pollWatch(late, after.store, after.now).lines[0]).toContain('"code":410');
});

test('the last act is anybody’s, and none of what was taken back', () => {
  const entries = [entry(1, 1, createPod), entry(2, 2, createNote)];
  expect(lastActOf(BASE, entries)).toEqual({ of: 2, action: createNote });
  const undone = [...entries, entry(3, 3, { type: 'undo', of: 2 })];
  expect(lastActOf(BASE, undone)).toEqual({ of: 1, action: createPod });
  const both = [...undone, entry(4, 4, { type: 'undo', of: 1 })];
  expect(lastActOf(BASE, both)).toEqual({ of: 0, action: BASE.actions[0] });
  expect(lastActOf(BASE, [...both, entry(5, 5, { type: 'undo', of: 0 })])).toBeUndefined();
});
