import { expect, test } from 'vitest';
import type { ContainerState, ContainerStatus } from '../../api/core/container.ts';
import { aPod } from '../../testing/objects.ts';
import { podPhase } from './pod-phase.ts';

const status = (state: ContainerState, lastState: ContainerState = {}): ContainerStatus => ({
  name: 'web',
  state,
  lastState,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
});
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });
const RUNNING: ContainerState = { running: {} };
const WAITING: ContainerState = { waiting: {} };

// Rows as in upstream's TestPodPhaseWithRestart{Always,Never,OnFailure} (kubelet_pods_test.go).
test.each([
  ['nothing has started', 'Always', [status(WAITING)], 'Pending'],
  ['one runs, one waits', 'Always', [status(RUNNING), status(WAITING)], 'Pending'],
  ['all run', 'Always', [status(RUNNING), status(RUNNING)], 'Running'],
  ['one ended, one runs', 'Always', [status(ended(1)), status(RUNNING)], 'Running'],
  ['crash loop', 'Always', [status(WAITING, ended(1))], 'Running'],
  ['all ended well', 'Never', [status(ended(0))], 'Succeeded'],
  ['one ended badly', 'Never', [status(ended(0)), status(ended(2))], 'Failed'],
  [
    'one ended badly, to be restarted',
    'OnFailure',
    [status(ended(0)), status(ended(2))],
    'Running',
  ],
  ['all ended well', 'OnFailure', [status(ended(0))], 'Succeeded'],
] as const)('phase: %s (%s)', (_, restartPolicy, statuses, expected) => {
  const named = statuses.map((one, n) => ({ ...one, name: `c${n}` }));
  const containers = named.map(({ name }) => ({ name, image: 'nginx' }));
  expect(podPhase(aPod('web', { restartPolicy, containers }), named)).toBe(expected);
});

test('a pod is pending while an init container works', () => {
  const pod = aPod('web', { initContainers: [{ name: 'init', image: 'busybox' }] });
  const statuses = [{ ...status(RUNNING), name: 'init' }, status(WAITING)];
  expect(podPhase(pod, statuses)).toBe('Pending');
});
