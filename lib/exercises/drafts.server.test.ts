import { expect, test } from 'vitest';
import { addViewer } from '#lib/auth/testing/people.ts';
import { loadDraft, saveDraft } from './drafts.server.ts';
import type { DraftSubmission } from './submission.ts';

const SLUG = 'selector-matches-nothing';

const draft = (baseVersion: number, line: string): DraftSubmission => ({
  baseVersion,
  revision: 'r1',
  engine: 1,
  seed: 'hopwise',
  actions: [{ type: 'command', line }],
});

test('a draft is read as it was saved, and each save is a version', async () => {
  const viewer = await addViewer();
  expect(await loadDraft(viewer, SLUG)).toBeUndefined();
  expect(await saveDraft(viewer, SLUG, draft(0, 'one'))).toEqual({ type: 'saved', version: 1 });
  expect(await saveDraft(viewer, SLUG, draft(1, 'two'))).toEqual({ type: 'saved', version: 2 });
  const { baseVersion: _base, ...kept } = draft(1, 'two');
  expect(await loadDraft(viewer, SLUG)).toEqual({ ...kept, version: 2 });
});

test('a save that continues an older version is a conflict, with both texts', async () => {
  const viewer = await addViewer();
  await saveDraft(viewer, SLUG, draft(0, 'one'));
  await saveDraft(viewer, SLUG, draft(1, 'here'));
  const result = await saveDraft(viewer, SLUG, draft(1, 'there'));
  expect(result).toMatchObject({
    type: 'conflict',
    mine: { actions: [{ line: 'there' }] },
    theirs: { version: 2, actions: [{ line: 'here' }] },
  });
  expect(await loadDraft(viewer, SLUG)).toMatchObject({ actions: [{ line: 'here' }] });
});

test('of many saves on one version one wins, and the others see it', async () => {
  const viewer = await addViewer();
  await saveDraft(viewer, SLUG, draft(0, 'start'));
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, at) => saveDraft(viewer, SLUG, draft(1, `line ${at}`))),
  );
  expect(results.filter(({ type }) => type === 'saved')).toHaveLength(1);
  expect(results.filter(({ type }) => type === 'conflict')).toHaveLength(7);
});

test('a save whose answer was lost is saved once', async () => {
  const viewer = await addViewer();
  await saveDraft(viewer, SLUG, draft(0, 'one'));
  expect(await saveDraft(viewer, SLUG, draft(0, 'one'))).toEqual({ type: 'saved', version: 1 });
});

test('a draft of an exercise that is not there is refused, and nobody reads what is not theirs', async () => {
  const viewer = await addViewer();
  await saveDraft(viewer, SLUG, draft(0, 'mine'));
  expect(await saveDraft(viewer, 'nothing', draft(0, 'x'))).toMatchObject({ status: 404 });
  expect(await loadDraft(await addViewer(), SLUG)).toBeUndefined();
  expect(await loadDraft({ kind: 'none' }, SLUG)).toBeUndefined();
});
