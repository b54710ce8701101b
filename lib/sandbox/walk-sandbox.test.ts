import { expect, test } from 'vitest';
import { openSandbox, sandboxFingerprint } from '#lib/simulator/index.ts';
import type { Action, Transcript } from '#lib/simulator/index.ts';
import { OPEN_SCENARIO } from './shop-scenario.ts';
import { sandboxAt, walkSandbox } from './walk-sandbox.ts';

const POLICY: Action = {
  type: 'apply',
  yaml: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: closed, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress] }
`,
};
const LOOK: Action = { type: 'command', line: 'kubectl get pods' };
const DELETE: Action = { type: 'command', line: 'kubectl delete networkpolicy closed' };

const transcript = (...actions: Action[]): Transcript => ({
  version: 1,
  scenario: OPEN_SCENARIO,
  seed: 'test',
  actions,
});
const opened = (...actions: Action[]) => openSandbox(transcript(...actions));
const { createShell } = opened();

test('before the last change is before the act that changed something, however much was looked at since', () => {
  const walk = walkSandbox(undefined, transcript(LOOK, POLICY, LOOK, LOOK), createShell);
  expect(sandboxFingerprint(sandboxAt(walk, 'last-change'))).toBe(sandboxFingerprint(opened(LOOK)));
  expect(sandboxFingerprint(sandboxAt(walk, 'start'))).toBe(sandboxFingerprint(opened()));
});

test('a walk goes on where it ended', () => {
  const actions = [POLICY, LOOK];
  const first = walkSandbox(undefined, transcript(...actions), createShell);
  const second = walkSandbox(first, transcript(...actions, DELETE), createShell);
  expect(second.start).toBe(first.start);
  expect(sandboxFingerprint(sandboxAt(second, 'last-change'))).toBe(
    sandboxFingerprint(opened(...actions)),
  );
});

test('after an undo the walk begins again', () => {
  const first = walkSandbox(undefined, transcript(POLICY, DELETE), createShell);
  const second = walkSandbox(first, transcript(POLICY), createShell);
  expect(sandboxFingerprint(sandboxAt(second, 'last-change'))).toBe(sandboxFingerprint(opened()));
});
