import { expect, test } from 'vitest';
import { createStore, createStoreState } from '../../apiserver/create-store.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import type { Table } from '../../apiserver/table.ts';
import { seedRandom } from '../../base/random.ts';
import { SECOND } from '../../base/clock.ts';
import type { KubeObject, Status } from '../meta/object.ts';

const NOW = 1_700_000_000 * SECOND;

const PODS = { containers: [{ name: 'main', image: 'nginx:1.27' }] };
const LABELLED = { metadata: { labels: { app: 'web' } }, spec: PODS };
const SELECTED = { selector: { matchLabels: { app: 'web' } }, template: LABELLED };
const ENDING = { template: { spec: { ...PODS, restartPolicy: 'Never' } } };

/** What the API takes as it is, by kind: its collection, and a spec. */
const KINDS = {
  StatefulSet: ['apps/v1', 'statefulsets', { ...SELECTED, serviceName: 'web' }],
  DaemonSet: ['apps/v1', 'daemonsets', SELECTED],
  Deployment: ['apps/v1', 'deployments', SELECTED],
  Job: ['batch/v1', 'jobs', ENDING],
  CronJob: ['batch/v1', 'cronjobs', { schedule: '0 3 * * *', jobTemplate: { spec: ENDING } }],
  ReplicationController: ['v1', 'replicationcontrollers', { template: LABELLED }],
} as const;
type Kind = keyof typeof KINDS;

function openServer() {
  const store = createStore({
    state: createStoreState(),
    now: () => NOW,
    random: seedRandom('workloads'),
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const server = { store, options: { kubernetesVersion: '1.35' as const }, now: NOW };
  const send = <T = KubeObject & { spec: Record<string, unknown> }>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    kind: Kind,
    name: string,
    body?: unknown,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => {
    const [version, plural] = KINDS[kind];
    const root = version === 'v1' ? '/api/v1' : `/apis/${version}`;
    const path = `${root}/namespaces/default/${plural}${name === '' ? '' : `/${name}`}`;
    const response = handleRequest(
      { method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
      server,
    );
    return JSON.parse((response as { body: string }).body) as T & Pick<Status, 'message'>;
  };
  return { send };
}

const anObject = (kind: Kind, spec: object = {}, name = 'web') => ({
  apiVersion: KINDS[kind][0],
  kind,
  metadata: { name },
  spec: { ...KINDS[kind][2], ...spec },
});

const template = (spec: object) => ({ template: { ...LABELLED, spec: { ...PODS, ...spec } } });
const indexed = (spec: object) => ({ completionMode: 'Indexed', completions: 3, ...spec });

test.each<[kind: Kind, spec: object, message: string]>([
  [
    'StatefulSet',
    { podManagementPolicy: 'Random' },
    `spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'`,
  ],
  [
    'StatefulSet',
    { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
    `spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
  ],
  [
    'StatefulSet',
    { updateStrategy: { rollingUpdate: { partition: -1 } } },
    'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'StatefulSet',
    { selector: {} },
    'spec.selector: Invalid value: {}: empty selector is invalid for statefulset',
  ],
  [
    'StatefulSet',
    template({ restartPolicy: 'Never' }),
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  [
    'StatefulSet',
    template({ activeDeadlineSeconds: 5 }),
    'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
  ],
  [
    'StatefulSet',
    { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Keep' } },
    'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Delete", "Retain"',
  ],
  [
    'DaemonSet',
    { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } },
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ],
  [
    'DaemonSet',
    { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
    'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
  ],
  [
    'DaemonSet',
    { updateStrategy: { rollingUpdate: { maxUnavailable: '120%' } } },
    'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "120%": must not be greater than 100%',
  ],
  [
    'DaemonSet',
    { selector: { matchLabels: { app: 'other' } } },
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [
    'Deployment',
    { strategy: { type: 'Slowly' } },
    'spec.strategy.type: Unsupported value: "Slowly": supported values: "Recreate", "RollingUpdate"',
  ],
  [
    'ReplicationController',
    { selector: { app: 'other' } },
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ],
  [
    'Job',
    { template: { spec: PODS } },
    'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
  ],
  [
    'Job',
    { parallelism: -1 },
    'spec.parallelism: Invalid value: -1: must be greater than or equal to 0',
  ],
  ['Job', { completionMode: 'Indexed' }, ''],
  [
    'Job',
    { completionMode: 'Indexed', parallelism: 1 },
    'spec.completions: Required value: when completion mode is Indexed',
  ],
  [
    'Job',
    { backoffLimitPerIndex: 1 },
    'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
  ],
  [
    'Job',
    indexed({ maxFailedIndexes: 2 }),
    'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
  ],
  [
    'Job',
    indexed({ successPolicy: { rules: [{ succeededCount: 4 }] } }),
    'spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)',
  ],
  [
    'Job',
    {
      podFailurePolicy: {
        rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [0] } }],
      },
    },
    'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
  ],
  [
    'Job',
    { podFailurePolicy: { rules: [{ action: 'Ignore' }] } },
    'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
  ],
  [
    'CronJob',
    { schedule: '61 * * * *' },
    'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
  ],
  ['CronJob', { schedule: '' }, 'spec.schedule: Required value'],
  [
    'CronJob',
    { schedule: 'TZ=UTC 0 3 * * *' },
    'spec.schedule: Invalid value: "TZ=UTC 0 3 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
  ],
  [
    'CronJob',
    { timeZone: 'Mars/Olympus' },
    'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus',
  ],
  [
    'CronJob',
    { concurrencyPolicy: 'Maybe' },
    'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
  ],
])('a bad %s: %o', (kind, spec, message) => {
  const answer = openServer().send('POST', kind, '', anObject(kind, spec));
  const group = KINDS[kind][0].includes('/') ? `.${KINDS[kind][0].split('/')[0] ?? ''}` : '';
  if (message === '') expect(answer.kind).toBe(kind);
  else expect(answer.message).toBe(`${kind}${group} "web" is invalid: ${message}`);
});

test('a CronJob leaves room for the names of its Jobs', () => {
  const name = 'n'.repeat(53);
  const { message } = openServer().send('POST', 'CronJob', '', anObject('CronJob', {}, name));
  expect(message).toBe(
    `CronJob.batch "${name}" is invalid: metadata.name: Invalid value: "${name}": must be no more than 52 characters`,
  );
});

test.each<[kind: Kind, defaults: object]>([
  [
    'StatefulSet',
    {
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      revisionHistoryLimit: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    },
  ],
  [
    'DaemonSet',
    {
      revisionHistoryLimit: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    },
  ],
  [
    'Job',
    {
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      completions: 1,
      manualSelector: false,
      parallelism: 1,
      podReplacementPolicy: 'TerminatingOrFailed',
      suspend: false,
    },
  ],
  [
    'CronJob',
    {
      concurrencyPolicy: 'Allow',
      failedJobsHistoryLimit: 1,
      successfulJobsHistoryLimit: 3,
      suspend: false,
    },
  ],
  ['ReplicationController', { replicas: 1, selector: { app: 'web' } }],
])('defaults of a %s', (kind, defaults) => {
  const { spec, metadata } = openServer().send('POST', kind, '', anObject(kind));
  expect(spec).toMatchObject(defaults);
  expect(metadata).toMatchObject({ generation: 1 });
});

const asTable = {
  accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
};

test.each<[kind: Kind, columns: string, cells: (string | number)[]]>([
  [
    'StatefulSet',
    'Name Ready Age (Containers) (Images)',
    ['web', '0/1', '0s', 'main', 'nginx:1.27'],
  ],
  [
    'DaemonSet',
    'Name Desired Current Ready Up-to-date Available Node Selector Age (Containers) (Images) (Selector)',
    ['web', 0, 0, 0, 0, 0, '<none>', '0s', 'main', 'nginx:1.27', 'app=web'],
  ],
  [
    'ReplicationController',
    'Name Desired Current Ready Age (Containers) (Images) (Selector)',
    ['web', 1, 0, 0, '0s', 'main', 'nginx:1.27', 'app=web'],
  ],
  [
    'CronJob',
    'Name Schedule Timezone Suspend Active Last Schedule Age (Containers) (Images) (Selector)',
    ['web', '0 3 * * *', '<none>', 'False', 0, '<none>', '0s', 'main', 'nginx:1.27', '<none>'],
  ],
])('kubectl get of a %s', (kind, columns, cells) => {
  const { send } = openServer();
  send('POST', kind, '', anObject(kind));
  const table = send<Table>('GET', kind, '', undefined, asTable);
  const names = table.columnDefinitions?.map(({ name, priority }) =>
    priority === 0 ? name : `(${name})`,
  );
  expect(names?.join(' ')).toBe(columns);
  expect(table.rows[0]?.cells).toEqual(cells);
});

test.each<[Kind, object, string]>([
  [
    'StatefulSet',
    { serviceName: 'other' },
    "StatefulSet.apps \"web\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ],
  [
    'Job',
    { completions: 2 },
    'Job.batch "web" is invalid: spec.completions: Invalid value: 2: field is immutable',
  ],
])('what may not change of a %s', (kind, spec, message) => {
  const { send } = openServer();
  const made = send('POST', kind, '', anObject(kind));
  const changed = { ...made, spec: { ...made.spec, ...spec } };
  expect(send('PUT', kind, 'web', changed).message).toBe(message);
});

test('a new template raises the generation, a new size too, a new label does not', () => {
  const { send } = openServer();
  const made = send('POST', 'StatefulSet', '', anObject('StatefulSet'));
  const labelled = { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } };
  const again = send('PUT', 'StatefulSet', 'web', labelled);
  expect(again.metadata).toMatchObject({ generation: 1 });
  const sized = send('PUT', 'StatefulSet', 'web', {
    ...again,
    spec: { ...again.spec, replicas: 2 },
  });
  expect(sized.metadata).toMatchObject({ generation: 2 });
});

test.each<Kind>(['StatefulSet', 'ReplicationController'])('a %s is scaled by its Scale', (kind) => {
  const { send } = openServer();
  send('POST', kind, '', anObject(kind));
  const scale = send<{ status: unknown; spec: unknown }>('GET', kind, 'web/scale');
  expect(scale).toMatchObject({ kind: 'Scale', status: { replicas: 0, selector: 'app=web' } });
  const merge = { 'content-type': 'application/merge-patch+json' };
  send('PATCH', kind, 'web/scale', { spec: { replicas: 4 } }, merge);
  expect(send('GET', kind, 'web').spec['replicas']).toBe(4);
});
