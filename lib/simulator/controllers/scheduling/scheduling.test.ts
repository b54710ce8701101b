import { expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { Pod, PodSpec } from '../../api/core/pod.ts';
import { aNamespace, aNode, aPod } from '../../testing/objects.ts';
import { accept, runControllers, type ControllerBench } from '../../testing/run-controllers.ts';
import { scheduler } from '../scheduler.ts';
import { podRequests } from './pod-requests.ts';

const ALLOCATABLE = { cpu: '2', memory: '4Gi', pods: '5' };

function aBench(zones: readonly string[] = ['one', 'one', 'two']): ControllerBench {
  const on = runControllers([scheduler]);
  on.add(aNamespace('default'));
  for (const [index, zone] of zones.entries()) {
    const node = aNode(`node-${'abc'[index] ?? ''}`);
    const labels = { ...node.metadata.labels, zone };
    on.add<Node>({
      ...node,
      metadata: { ...node.metadata, labels },
      status: { ...node.status, allocatable: ALLOCATABLE },
    });
  }
  return on;
}

const asking = (cpu: string, memory = '1Mi') => [
  { name: 'web', image: 'nginx', resources: { requests: { cpu, memory } } },
];

/** Adds pods one after the other, and says where they are. */
function place(on: ControllerBench, specs: readonly Partial<PodSpec>[], labels?: { app: string }) {
  return specs.map((spec, index) => {
    const name = `pod-${index}`;
    on.add(aPod(name, spec, labels ?? { app: name }));
    on.settle();
    return on.store.get<Pod>('Pod', 'default', name)?.spec.nodeName;
  });
}

const failure = (on: ControllerBench) =>
  on
    .events()
    .findLast((text) => text.startsWith('FailedScheduling'))
    ?.replace('FailedScheduling: ', '');

test('what a pod asks: containers and sidecars together, or its largest init container', () => {
  const one = (name: string, cpu: string, restartPolicy?: string) => ({
    name,
    resources: { requests: { cpu } },
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  });
  const spec = {
    initContainers: [one('proxy', '100m', 'Always'), one('migrate', '1500m')],
    containers: [one('web', '1'), one('log', '250m')],
  };
  expect(podRequests(aPod('web', spec))).toEqual({ cpu: 1600 });
  expect(podRequests(aPod('web', { containers: spec.containers }))).toEqual({ cpu: 1250 });
});

test('a node is given away once: the third pod of 1500m waits, and comes when one goes', () => {
  const on = aBench(['one', 'one']);
  const where = place(
    on,
    Array.from({ length: 3 }, () => ({ containers: asking('1500m') })),
  );
  expect(where).toEqual(['node-a', 'node-b', undefined]);
  expect(failure(on)).toBe(
    '0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
  );
  accept(on.store.delete('Pod', 'default', 'pod-1', { gracePeriodSeconds: 0 }));
  on.settle();
  expect(on.store.get<Pod>('Pod', 'default', 'pod-2')?.spec.nodeName).toBe('node-b');
});

test('a pod larger than every node: preemption would be no help', () => {
  const on = aBench();
  place(on, [{ containers: asking('3', '5Gi') }]);
  expect(failure(on)).toBe(
    '0/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
  );
});

test('a node takes as many pods as it says', () => {
  const on = aBench(['one']);
  expect(
    place(
      on,
      Array.from({ length: 6 }, () => ({})),
    ).at(-1),
  ).toBeUndefined();
  expect(failure(on)).toMatch(/^0\/1 nodes are available: 1 Too many pods\. /);
});

const beside = (app: string, topologyKey: string) => [
  { labelSelector: { matchLabels: { app } }, topologyKey },
];

test('pods that want to be apart: one on each node, the fourth waits', () => {
  const on = aBench();
  const podAntiAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: beside('web', 'kubernetes.io/hostname'),
  };
  const specs = Array.from({ length: 4 }, () => ({ affinity: { podAntiAffinity } }));
  expect(place(on, specs, { app: 'web' })).toEqual(['node-a', 'node-b', 'node-c', undefined]);
  expect(failure(on)).toBe(
    "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
  );
});

test('a pod that refuses others keeps them away, though they say nothing', () => {
  const on = aBench(['one']);
  const podAntiAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: beside('pod-1', 'zone'),
  };
  expect(place(on, [{ affinity: { podAntiAffinity } }, {}])).toEqual(['node-a', undefined]);
  expect(failure(on)).toContain("1 node(s) didn't satisfy existing pods anti-affinity rules");
});

test('pods that want company: the first may begin anywhere, the others follow into its zone', () => {
  const on = aBench(['two', 'one', 'two']);
  const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: beside('web', 'zone') };
  const specs = Array.from({ length: 3 }, () => ({ affinity: { podAffinity } }));
  expect(place(on, specs, { app: 'web' })).toEqual(['node-a', 'node-c', 'node-a']);
});

test('company that is nowhere', () => {
  const on = aBench();
  const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: beside('db', 'zone') };
  expect(place(on, [{ affinity: { podAffinity } }])).toEqual([undefined]);
  expect(failure(on)).toContain("3 node(s) didn't match pod affinity rules");
});

const spread = (whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway', topologyKey = 'zone') => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable,
      labelSelector: { matchLabels: { app: 'web' } },
    },
  ],
});

test('spread over zones: as many in the zone of one node as in that of two', () => {
  const on = aBench();
  const specs = Array.from({ length: 4 }, () => spread('DoNotSchedule'));
  expect(place(on, specs, { app: 'web' })).toEqual(['node-a', 'node-c', 'node-b', 'node-c']);
});

test('spread that cannot be kept: a zone is closed, and nodes without the label do not count', () => {
  const on = aBench();
  const node = on.store.get<Node>('Node', undefined, 'node-c');
  if (!node) throw new Error('no node');
  accept(on.store.update<Node>({ ...node, spec: { unschedulable: true } }));
  const specs = Array.from({ length: 2 }, () => spread('DoNotSchedule'));
  expect(place(on, specs, { app: 'web' })).toEqual(['node-a', undefined]);
  expect(failure(on)).toContain(
    "1 node(s) were unschedulable, 2 node(s) didn't match pod topology spread constraints.",
  );
  expect(place(aBench(), [spread('DoNotSchedule', 'rack')])).toEqual([undefined]);
});

test('a spread that should hold only prefers', () => {
  const on = aBench();
  const specs = Array.from({ length: 3 }, () => spread('ScheduleAnyway'));
  expect(place(on, specs, { app: 'web' })).toEqual(['node-a', 'node-c', 'node-b']);
});

test('a preferred node, while another is emptier', () => {
  const on = aBench();
  const preferred = [
    {
      weight: 10,
      preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['two'] }] },
    },
  ] as const;
  const affinity = {
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred },
  } as unknown as NonNullable<PodSpec['affinity']>;
  expect(place(on, [{ affinity }, { affinity }])).toEqual(['node-c', 'node-c']);
});

test('a gated pod is left alone until its gates are gone', () => {
  const on = aBench();
  expect(place(on, [{ schedulingGates: [{ name: 'example.com/wait' }] }])).toEqual([undefined]);
  const pod = on.store.get<Pod>('Pod', 'default', 'pod-0');
  expect(pod?.status?.conditions?.[0]?.reason).toBe('SchedulingGated');
  if (!pod) throw new Error('no pod');
  accept(on.store.update<Pod>({ ...pod, spec: { ...pod.spec, schedulingGates: [] } }));
  on.settle();
  expect(on.store.get<Pod>('Pod', 'default', 'pod-0')?.spec.nodeName).toBe('node-a');
});
