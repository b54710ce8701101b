import { expect, test } from 'vitest';
import type { Transcript } from '#lib/simulator/index.ts';
import { decodeTranscript, encodeTranscript } from './share-link.ts';

const TRANSCRIPT: Transcript = {
  version: 1,
  scenario: { name: 'shop', manifests: ['kind: Namespace\n'] },
  seed: 'ü',
  actions: [
    { type: 'command', line: "kubectl label pod -l app=catalog app- # 'quoted' →" },
    { type: 'advance', duration: 1_000_000 },
    { type: 'send', from: 'shop/web', to: 'catalog:80' },
    { type: 'apply', yaml: 'kind: Service' },
    { type: 'interrupt' },
  ],
};

const SCENARIO = TRANSCRIPT.scenario;

async function encodeAny(value: unknown): Promise<string> {
  return encodeTranscript(value as Transcript);
}

test('a link gives back what was shared', async () => {
  const text = await encodeTranscript(TRANSCRIPT);
  expect(text).toMatch(/^[\w-]+$/);
  expect(await decodeTranscript(text)).toEqual(TRANSCRIPT);
});

test('a link keeps the cluster of its scenario', async () => {
  const cluster = { podCidr: '10.10.0.0/16', cni: 'vxlan' } as const;
  const transcript: Transcript = { ...TRANSCRIPT, scenario: { ...SCENARIO, cluster } };
  expect(await decodeTranscript(await encodeTranscript(transcript))).toEqual(transcript);
});

test.each([
  ['no base64', '%%%'],
  ['no deflate', 'aGVsbG8'],
  ['cut short', 'q1YqSyw'],
])('a broken link is no transcript: %s', async (_name, text) => {
  expect(await decodeTranscript(text)).toBeUndefined();
});

test.each([
  ['an unknown action', { ...TRANSCRIPT, actions: [{ type: 'eval', line: 'x' }] }],
  ['a negative time', { ...TRANSCRIPT, actions: [{ type: 'advance', duration: -1 }] }],
  [
    'too many actions',
    { ...TRANSCRIPT, actions: Array.from({ length: 2_001 }, () => ({ type: 'interrupt' })) },
  ],
  ['no scenario', { version: 1, seed: '', actions: [] }],
  ['manifests that are no texts', { ...TRANSCRIPT, scenario: { name: 'x', manifests: [1] } }],
  ['a cluster that is no record', { ...TRANSCRIPT, scenario: { ...SCENARIO, cluster: [] } }],
  [
    'a range that is none',
    { ...TRANSCRIPT, scenario: { ...SCENARIO, cluster: { podCidr: '10.0.0.0/99' } } },
  ],
  [
    'nodes without end',
    {
      ...TRANSCRIPT,
      scenario: {
        ...SCENARIO,
        cluster: { nodes: Array.from({ length: 5_000 }, () => ({ name: 'a', address: 'b' })) },
      },
    },
  ],
  ['a list', []],
])('a stranger’s JSON is no transcript: %s', async (_name, value) => {
  expect(await decodeTranscript(await encodeAny(value))).toBeUndefined();
});

test('a bomb is not inflated past the limit', async () => {
  const bomb = await encodeAny({ ...TRANSCRIPT, seed: 'a'.repeat(5_000_000) });
  expect(bomb.length).toBeLessThan(20_000);
  expect(await decodeTranscript(bomb)).toBeUndefined();
});
