import { expect, test } from 'vitest';
import type { Topology, TopologyPod } from '#lib/simulator/index.ts';
import type { Box, Shape } from './drawing.ts';
import { shortPodName } from './lay-out-node.ts';
import { layoutTopology } from './topology-layout.ts';
import { slipPath, splitTravel, wayBetween } from './travel.ts';

const pod = (name: string, more: Partial<TopologyPod> = {}): TopologyPod => ({
  namespace: 'shop',
  name,
  ip: '10.244.0.9',
  phase: 'Running',
  isReady: true,
  isTerminating: false,
  hostNetwork: false,
  labels: {},
  veth: `veth${name}`,
  ...more,
});

/** `counts[i]` pods on node i; a Service in front of the first pod of every node. */
function clusterOf(...counts: number[]): Topology {
  const nodes = counts.map((count, node) => ({
    name: `node-${node}`,
    address: `192.168.10.${11 + node}`,
    podCidr: `10.244.${node}.0/24`,
    isReady: true,
    bridge: 'cni0',
    pods: Array.from({ length: count }, (_, index) => pod(`p${node}-${index}`)),
  }));
  return {
    nodes,
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    services: [
      {
        namespace: 'shop',
        name: 'catalog',
        type: 'ClusterIP',
        clusterIp: '10.96.40.17',
        ports: ['80/TCP'],
        selector: { app: 'catalog' },
        endpoints: counts.flatMap((count, node) =>
          count === 0 ? [] : [{ pod: `shop/p${node}-0`, address: '10.244.0.9', isReady: true }],
        ),
      },
    ],
  };
}

const SIZES = [[1], [2, 1], [8, 8], [0, 3], [2, 2, 2], [8, 1, 0, 4]];
const SHAPES: readonly Shape[] = ['tall', 'wide', 'compact'];
const cases = SIZES.flatMap((counts) =>
  SHAPES.map((shape) => [`${counts.join(', ')} pods, ${shape}`, counts, shape] as const),
);
const every = (counts: readonly number[]) =>
  counts.flatMap((_, node) => [`gate:node-${node}`, `route:node-${node}`, 'outside']);
const overlaps = (a: Box, b: Box) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

test.each(cases)('nothing overlaps and all is inside: %s', (_name, counts, shape) => {
  const layout = layoutTopology(clusterOf(...counts), every(counts), shape);
  const inside = (box: Box) =>
    box.x >= 0 && box.y >= 0 && box.x + box.w <= layout.width && box.y + box.h <= layout.height;
  const sheets: Box[] = [
    ...layout.nodes,
    ...layout.services,
    ...(layout.outside ? [layout.outside] : []),
  ];
  expect(sheets.filter((box) => !inside(box))).toEqual([]);
  sheets.forEach((a, index) =>
    sheets.slice(index + 1).forEach((b) => expect(overlaps(a, b)).toBe(false)),
  );
  for (const node of layout.nodes) {
    const parts: Box[] = [
      ...node.pods,
      node.bridge,
      ...(node.gate ? [node.gate] : []),
      ...(node.route ? [node.route] : []),
      node.plug,
    ];
    parts.forEach((a, index) =>
      parts.slice(index + 1).forEach((b) => expect(overlaps(a, b)).toBe(false)),
    );
    for (const part of [...node.pods, node.bridge])
      expect(part.y + part.h).toBeLessThan(node.y + node.h);
  }
});

test.each(cases)(
  'wires and edges are orthogonal, and no edge crosses a pod: %s',
  (_name, counts, shape) => {
    const layout = layoutTopology(clusterOf(...counts), every(counts), shape);
    const lines = [
      ...layout.wires.map((wire) => wire.points),
      ...layout.services.flatMap((service) => service.selects),
    ];
    for (const points of lines)
      points.slice(1).forEach(([x, y], index) => {
        const [fromX, fromY] = points[index] ?? [NaN, NaN];
        expect(x === fromX || y === fromY).toBe(true);
      });
    const pods = layout.nodes.flatMap((node) => node.pods);
    for (const points of layout.services.flatMap((service) => service.selects)) {
      const lane = points[1]?.[0] ?? NaN;
      expect(pods.filter((box) => lane >= box.x && lane <= box.x + box.w)).toEqual([]);
    }
  },
);

test.each(cases)('every pod reaches every other along wires: %s', (_name, counts, shape) => {
  const layout = layoutTopology(clusterOf(...counts), [], shape);
  const pods = layout.nodes.flatMap((node) => node.pods.map(({ key }) => `pod:${key}`));
  const [first] = pods;
  for (const other of pods.slice(1))
    expect(wayBetween(layout.wires, first ?? '', other)).not.toEqual([]);
});

test('the way behind the packet and the way ahead share no wire', () => {
  const stations = [
    'pod:shop/p0-0',
    'bridge:node-0',
    'gate:node-0',
    'plug:node-0',
    'plug:node-1',
    'pod:shop/p1-0',
  ];
  const layout = layoutTopology(clusterOf(1, 1), stations, 'wide');
  const { travelled, toGo } = splitTravel(layout.wires, stations, 2);
  expect([...travelled].map(({ from, to }) => `${from} ${to}`)).toEqual([
    'pod:shop/p0-0 bridge:node-0',
    'bridge:node-0 gate:node-0',
  ]);
  expect(toGo.size).toBe(5);
  expect(slipPath(layout, 'gate:node-0', 'plug:node-1').length).toBeGreaterThan(3);
});

test('more than eight pods are counted, and those that the packet visits are drawn', () => {
  const layout = layoutTopology(clusterOf(12), ['pod:shop/p0-11'], 'wide');
  expect(layout.nodes[0]?.pods).toHaveLength(8);
  expect(layout.nodes[0]?.pods.map(({ key }) => key)).toContain('shop/p0-11');
  expect(layout.omitted).toEqual(['4 more pods run on node-0; the Objects tab lists them all.']);
});

test.each([
  [
    'the hash of the template is left out',
    'catalog-7f9c6d5b8d-x2k9p',
    { 'pod-template-hash': '7f9c6d5b8d' },
    'catalog-…x2k9p',
  ],
  ['a name without a hash stays', 'coredns-1', {}, 'coredns-1'],
] as const)('short names: %s', (_name, name, labels, expected) => {
  expect(shortPodName({ name, labels })).toBe(expected);
});
