import { expect, test } from 'vitest';
import type { ReplicaSet } from '../api/apps/replica-set.ts';
import { aDeployment } from '../testing/objects.ts';
import {
  fenceposts,
  newSetReplicas,
  scaleInProportion,
  shrinkOldSets,
} from './deployment-rollout.ts';
import { podTemplateHash } from './pod-template-hash.ts';

const aSet = (name: string, replicas: number, available = replicas, most?: number): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name,
    ...(most === undefined
      ? {}
      : { annotations: { 'deployment.kubernetes.io/max-replicas': String(most) } }),
  },
  spec: { replicas, selector: {} },
  status: { replicas, availableReplicas: available },
});

const rolling = (replicas: number, maxSurge?: number | string, maxUnavailable?: number | string) =>
  aDeployment('web', {
    replicas,
    strategy: {
      type: 'RollingUpdate',
      rollingUpdate: {
        ...(maxSurge === undefined ? {} : { maxSurge }),
        ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
      },
    },
  });

test.each([
  ['25 % up and down', rolling(10, '25%', '25%'), 3, 2],
  ['both nothing', rolling(10, 0, 0), 0, 1],
  ['more than there are', rolling(2, 1, 5), 1, 2],
  ['no replicas', rolling(0, 1, 1), 0, 0],
])('fenceposts: %s', (_, deployment, surge, unavailable) => {
  expect(fenceposts(deployment)).toEqual({ surge, unavailable });
});

// Rows as in upstream's TestDeploymentController_reconcileNewReplicaSet and ...reconcileOldReplicaSets.
test.each([
  ['scale up as far as the surge', rolling(10, 2, 0), [aSet('old', 10)], 0, 2],
  ['no room', rolling(10, 2, 0), [aSet('old', 12)], 0, 0],
  ['only what is missing', rolling(10, 10, 0), [aSet('old', 5)], 8, 10],
])('new set: %s', (_, deployment, old, current, expected) => {
  expect(newSetReplicas(deployment, [...old, aSet('new', current)], current)).toBe(expected);
});

test.each([
  ['the surge has not been used', rolling(10, 1, 0), aSet('old', 10), aSet('new', 0), []],
  ['two may be missing', rolling(10, 0, 2), aSet('old', 10), aSet('new', 0), [8]],
  ['unhealthy ones go first', rolling(10, 0, 2), aSet('old', 10, 8), aSet('new', 0), [8]],
  ['the surge lets one go', rolling(10, 1, 0), aSet('old', 10), aSet('new', 1), [9]],
  [
    'a new pod that is not available holds all back',
    rolling(10, 1, 0),
    aSet('old', 10),
    aSet('new', 1, 0),
    [],
  ],
])('old set: %s', (_, deployment, old, fresh, expected) => {
  expect(shrinkOldSets(deployment, [old], fresh).map(({ replicas }) => replicas)).toEqual(expected);
});

test('scaling in the middle of a rollout keeps the proportions', () => {
  const sizes = scaleInProportion(rolling(20, 0, 0), [
    aSet('old', 5, 5, 10),
    aSet('new', 5, 5, 10),
  ]);
  expect(sizes.map(({ replicas }) => replicas)).toEqual([10, 10]);
});

test('the hash depends on what the template says, not on the order of its keys', () => {
  const { template } = aDeployment('web').spec;
  const reordered = { spec: template.spec, metadata: template.metadata ?? {} };
  expect(podTemplateHash(template, undefined)).toBe(podTemplateHash(reordered, undefined));
  expect(podTemplateHash(template, undefined)).not.toBe(podTemplateHash(template, 1));
  expect(podTemplateHash({ spec: template.spec }, undefined)).not.toBe(
    podTemplateHash(template, undefined),
  );
});
