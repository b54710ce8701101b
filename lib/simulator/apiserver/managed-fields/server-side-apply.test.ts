import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { seedRandom } from '../../base/random.ts';
import type { KubeObject, ManagedFieldsEntry, Status } from '../../api/meta/object.ts';
import { createStore, createStoreState } from '../create-store.ts';
import { handleRequest } from '../rest.ts';
import type { RestRequest } from '../rest-types.ts';

interface Answer
  extends KubeObject, Omit<Status, 'apiVersion' | 'kind' | 'metadata' | 'status' | 'code'> {
  spec: { replicas?: number; template: { spec: { containers: Record<string, unknown>[] } } };
}

function openServer() {
  let now = 1_700_000_000 * SECOND;
  const store = createStore({
    state: createStoreState(),
    now: () => now,
    random: seedRandom('apply'),
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const send = (method: RestRequest['method'], path: string, type: string, body?: unknown) => {
    now += SECOND;
    const response = handleRequest(
      {
        method,
        path,
        headers: { 'content-type': type, 'user-agent': 'tester/1.0 (linux)' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      { store, options: { kubernetesVersion: '1.35' }, now },
    );
    return {
      code: response.status,
      ...(JSON.parse('body' in response ? response.body : '') as Omit<Answer, 'code'>),
    };
  };
  const apply = (body: object, query = 'fieldManager=kubectl') =>
    send('PATCH', `${DEPLOYMENTS}/web?${query}`, 'application/apply-patch+yaml', body);
  const merge = (body: object, query = '') =>
    send('PATCH', `${DEPLOYMENTS}/web?${query}`, 'application/merge-patch+json', body);
  return { store, send, apply, merge, get: () => send('GET', `${DEPLOYMENTS}/web`, '') };
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

const web = (spec: object = {}, container: object = {}, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' }, ...metadata },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }], ...container }],
      },
    },
    ...spec,
  },
});

const managersIn = (object: KubeObject) =>
  (object.metadata.managedFields ?? []).map(({ manager, operation, subresource = '' }) =>
    `${manager} ${operation} ${subresource}`.trim(),
  );

const entryOf = (object: KubeObject, manager: string): ManagedFieldsEntry | undefined =>
  object.metadata.managedFields?.find((entry) => entry.manager === manager);

/** As Kubernetes 1.35 writes it for `kubectl create deployment --port 80`, but for the defaults of the pod that are one line each. */
test('a create notes who said what, defaults included, and what Go always writes not', () => {
  const { send } = openServer();
  const made = send(
    'POST',
    `${DEPLOYMENTS}?fieldManager=kubectl-create`,
    'application/json',
    web(),
  );
  expect(managersIn(made)).toEqual(['kubectl-create Update']);
  const [entry] = made.metadata.managedFields ?? [];
  expect(entry).toMatchObject({ apiVersion: 'apps/v1', fieldsType: 'FieldsV1' });
  expect(entry?.fieldsV1).toEqual({
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:progressDeadlineSeconds': {},
      'f:replicas': {},
      'f:revisionHistoryLimit': {},
      'f:selector': {},
      'f:strategy': {
        'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} },
        'f:type': {},
      },
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:containers': {
            'k:{"name":"web"}': {
              '.': {},
              'f:image': {},
              'f:imagePullPolicy': {},
              'f:name': {},
              'f:ports': {
                '.': {},
                'k:{"containerPort":80,"protocol":"TCP"}': {
                  '.': {},
                  'f:containerPort': {},
                  'f:protocol': {},
                },
              },
              'f:resources': {},
              'f:terminationMessagePath': {},
              'f:terminationMessagePolicy': {},
            },
          },
          'f:dnsPolicy': {},
          'f:restartPolicy': {},
          'f:schedulerName': {},
          'f:securityContext': {},
          'f:terminationGracePeriodSeconds': {},
        },
      },
    },
  });
});

test('the manager is the first part of the user agent where the request names none', () => {
  const { send } = openServer();
  const made = send('POST', DEPLOYMENTS, 'application/json', web());
  expect(managersIn(made)).toEqual(['tester Update']);
});

test('an apply owns what it says and no default', () => {
  const { apply } = openServer();
  const made = apply(web());
  expect(made.code).toBe(201);
  expect(managersIn(made)).toEqual(['kubectl Apply']);
  expect(entryOf(made, 'kubectl')?.fieldsV1).toEqual({
    'f:metadata': { 'f:labels': { 'f:app': {} } },
    'f:spec': {
      'f:selector': {},
      'f:template': {
        'f:metadata': { 'f:labels': { 'f:app': {} } },
        'f:spec': {
          'f:containers': {
            'k:{"name":"web"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': {
                'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
              },
            },
          },
        },
      },
    },
  });
  const again = apply(web());
  expect(again.code).toBe(200);
  expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
});

test('one field of another manager is a conflict with its text and cause', () => {
  const { send, apply } = openServer();
  send('POST', `${DEPLOYMENTS}?fieldManager=kubectl-client-side-apply`, 'application/json', web());
  const refused = apply(web({ replicas: 3 }), 'fieldManager=ci');
  expect(refused).toMatchObject({
    code: 409,
    reason: 'Conflict',
    message:
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
    details: {
      causes: [
        {
          reason: 'FieldManagerConflict',
          message: 'conflict with "kubectl-client-side-apply" using apps/v1',
          field: '.spec.replicas',
        },
      ],
    },
  });
});

test('several conflicts are listed by manager, and force takes the fields over', () => {
  const { apply, merge } = openServer();
  apply(web({ replicas: 1 }), 'fieldManager=one');
  merge({ spec: { minReadySeconds: 5 } }, 'fieldManager=kubectl-edit');
  const wanted = web({ replicas: 2, minReadySeconds: 7 }, { image: 'nginx:2' });
  expect(apply(wanted, 'fieldManager=two').message).toBe(
    [
      'Apply failed with 3 conflicts: conflicts with "kubectl-edit" using apps/v1:',
      '- .spec.minReadySeconds',
      'conflicts with "one":',
      '- .spec.replicas',
      '- .spec.template.spec.containers[name="web"].image',
    ].join('\n'),
  );
  const forced = apply(wanted, 'fieldManager=two&force=true');
  expect(forced.code).toBe(200);
  expect(forced.spec.replicas).toBe(2);
  expect(managersIn(forced)).toEqual(['one Apply', 'two Apply']);
  expect(entryOf(forced, 'one')?.fieldsV1['f:spec']).not.toHaveProperty('f:replicas');
});

test('the same value by two appliers is shared, and stays until neither says it', () => {
  const { apply } = openServer();
  apply(web({ minReadySeconds: 5 }), 'fieldManager=one');
  expect(apply(web({ minReadySeconds: 5 }), 'fieldManager=two').code).toBe(200);
  expect(apply(web(), 'fieldManager=one').spec).toMatchObject({ minReadySeconds: 5 });
  expect(apply(web(), 'fieldManager=two').spec).not.toHaveProperty('minReadySeconds');
});

test('what is no longer applied goes: fields, list items, labels; what others own stays', () => {
  const { apply, merge } = openServer();
  const sidecar = { name: 'sidecar', image: 'busybox' };
  const two = web({}, {}, { labels: { app: 'web', tier: 'front' } });
  two.spec.template.spec.containers.push({ ...sidecar, ports: [] });
  apply(two);
  merge({ metadata: { labels: { owner: 'me' } } });
  const left = apply(web());
  expect(left.spec.template.spec.containers.map(({ name }) => name)).toEqual(['web']);
  expect(left.metadata.labels).toEqual({ app: 'web', owner: 'me' });
  expect(managersIn(left)).toEqual(['kubectl Apply', 'tester Update']);
});

test('an update takes a field from its applier, and the last field takes the entry along', () => {
  const { apply, merge } = openServer();
  apply(web({ replicas: 2 }), 'fieldManager=one');
  apply(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { paused: true },
    },
    'fieldManager=two',
  );
  const changed = merge({ spec: { replicas: 5, paused: null } });
  expect(managersIn(changed)).toEqual(['one Apply', 'tester Update']);
  expect(entryOf(changed, 'tester')?.fieldsV1).toEqual({ 'f:spec': { 'f:replicas': {} } });
});

test('kubectl takes over what client-side apply set, and keeps its annotation in step', () => {
  const { send, apply } = openServer();
  const LAST = 'kubectl.kubernetes.io/last-applied-configuration';
  const annotated = (object: object) =>
    web({ replicas: 2 }, {}, { annotations: { [LAST]: JSON.stringify(object) } });
  send(
    'POST',
    `${DEPLOYMENTS}?fieldManager=kubectl-client-side-apply`,
    'application/json',
    annotated(web({ replicas: 2 })),
  );
  const applied = apply(web({ replicas: 4 }));
  expect(applied).toMatchObject({ code: 200, spec: { replicas: 4 } });
  expect(managersIn(applied)).toEqual(['kubectl Apply', 'kubectl-client-side-apply Update']);
  expect(JSON.parse(applied.metadata.annotations?.[LAST] ?? '')).toMatchObject({
    spec: { replicas: 4 },
  });
});

test('managers may be written: the JSON patch of kubectl upgrades client-side apply', () => {
  const { send, get } = openServer();
  send('POST', `${DEPLOYMENTS}?fieldManager=kubectl-client-side-apply`, 'application/json', web());
  const { metadata } = get();
  const [entry] = metadata.managedFields ?? [];
  const patched = send('PATCH', `${DEPLOYMENTS}/web`, 'application/json-patch+json', [
    {
      op: 'replace',
      path: '/metadata/managedFields',
      value: [{ ...entry, manager: 'kubectl', operation: 'Apply' }],
    },
    { op: 'replace', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
  ]);
  expect(managersIn(patched)).toEqual(['kubectl Apply']);
  expect(managersIn(get())).toEqual(['kubectl Apply']);
});

test('a status that controllers wrote has a manager of its own', () => {
  const { store, send, get } = openServer();
  send('POST', `${DEPLOYMENTS}?fieldManager=kubectl-create`, 'application/json', web());
  const stored = store.get<KubeObject & { status?: object }>('Deployment', 'default', 'web')!;
  store.updateStatus({ ...stored, status: { replicas: 1, observedGeneration: 1 } });
  expect(managersIn(get())).toEqual([
    'kube-controller-manager Update status',
    'kubectl-create Update',
  ]);
  expect(entryOf(get(), 'kube-controller-manager')?.fieldsV1).toEqual({
    'f:status': { 'f:observedGeneration': {}, 'f:replicas': {} },
  });
});

test.each([
  [
    'an unknown field',
    web({ replcas: 1 }),
    500,
    'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.replcas: field not declared in schema',
  ],
  [
    'a wrong type',
    web({ replicas: 'three' }),
    500,
    'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string',
  ],
  [
    'managers in the configuration',
    web({}, {}, { managedFields: [] }),
    400,
    'metadata.managedFields must be nil',
  ],
  [
    'another version',
    { ...web(), apiVersion: 'apps/v1beta1' },
    400,
    'Incorrect version specified in apply patch. Specified patch version: apps/v1beta1, expected: apps/v1',
  ],
])('an apply with %s is refused', (_, body, code, message) => {
  const { apply } = openServer();
  expect(apply(body)).toMatchObject({ code, message });
});

test('an apply needs a manager', () => {
  const { apply } = openServer();
  expect(apply(web(), 'force=true')).toMatchObject({
    code: 422,
    message:
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  });
});
