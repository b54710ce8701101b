import { expect, test } from 'vitest';
import { explain } from '../trace/explain.ts';
import { dispositionOf } from '../trace/disposition.ts';
import { printTrace } from '../trace/print-trace.ts';
import {
  loadRules,
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  twoNodes,
  type Lab,
} from '../testing/lab.ts';
import { addAddress, removeLink, setLinkState } from './links.ts';
import { addRoute, deleteRoute } from './routes.ts';
import { packetOfFlow, sendPacket } from './send-packet.ts';
import type { VxlanLink } from './stack.ts';
import { setPermanentNeighbour } from './static-neighbours.ts';
import {
  addFdbEntry,
  appendFdbEntry,
  deleteFdbEntry,
  formatFdbEntry,
  listFdb,
} from './vxlan-fdb.ts';
import { addVxlan } from './vxlan-link.ts';

const NODES = [
  { name: 'node-a', address: '192.168.10.11', pods: '10.244.1', mac: '5a:00:00:00:00:0a' },
  { name: 'node-b', address: '192.168.10.12', pods: '10.244.2', mac: '5a:00:00:00:00:0b' },
] as const;

interface Setup {
  readonly learning?: 'on' | 'off';
  /** How a node knows the other: entries put there, or a default remote end and ARP through the tunnel. */
  readonly knows?: 'entries' | 'default-remote';
  readonly vnis?: readonly [number, number];
}

/** The two nodes of the lab, joined by a tunnel instead of routes between them. */
function tunnelled({ learning = 'off', knows = 'entries', vnis = [1, 1] }: Setup = {}): Lab {
  const lab = twoNodes();
  for (const [i, node] of NODES.entries()) {
    const other = NODES[1 - i] ?? node;
    const namespace = namespaceOf(lab, node.name);
    deleteRoute(namespace, { destination: `${other.pods}.0/24` });
    const link = addVxlan(lab.network, lab.environment, {
      namespace: node.name,
      name: 'vxlan.1',
      vni: vnis[i] ?? 1,
      local: node.address,
      underlay: 'eth0',
      mac: node.mac,
      learning,
      ...(knows === 'default-remote' ? { remote: other.address } : {}),
    });
    addAddress(lab.network, node.name, 'vxlan.1', `${node.pods}.0/32`);
    addRoute(namespace, {
      destination: `${other.pods}.0/24`,
      via: `${other.pods}.0`,
      device: 'vxlan.1',
      onlink: true,
    });
    if (knows === 'default-remote') continue;
    appendFdbEntry(link, { mac: other.mac, remote: other.address }, 0);
    const neighbour = { address: `${other.pods}.0`, device: 'vxlan.1', mac: other.mac };
    setPermanentNeighbour(namespace, neighbour, 0);
  }
  return lab;
}

function tunnelOf(lab: Lab, node: string): VxlanLink {
  const link = namespaceOf(lab, node).links['vxlan.1'];
  if (link?.kind !== 'vxlan') throw new Error('no tunnel');
  return link;
}

function request(lab: Lab) {
  run(lab, 'catalog', 'tcp-server', ['8080']);
  const pid = run(lab, 'web', 'tcp-client', ['10.244.2.5:8080'], openTrace(lab));
  runUntilIdle(lab);
  return outputOf(lab, pid);
}

test('a packet to a pod of another node goes through the tunnel, and its answer comes back', () => {
  const lab = tunnelled();
  expect(request(lab)).toBe('hello 10.244.1.7');
  expect(dispositionOf(stepsOf(lab))).toBe('delivered');
});

test('a packet keeps its number through the tunnel, and every step says what is inside', () => {
  const lab = tunnelled();
  request(lab);
  const first = stepsOf(lab).filter(({ packet }) => packet === 2);
  const packed = first.findIndex(({ kind }) => kind === 'encapsulated');
  const unpacked = first.findIndex(({ kind }) => kind === 'decapsulated');
  const inner = first[0]?.flow;
  expect(first.slice(packed + 1, unpacked + 1).length).toBeGreaterThan(3);
  for (const step of first.slice(packed + 1, unpacked + 1)) {
    expect(step).toMatchObject({
      inner,
      flow: {
        protocol: 'udp',
        source: { address: '192.168.10.11' },
        destination: { address: '192.168.10.12', port: 8472 },
      },
      flags: { syn: true },
    });
  }
  expect(first[packed]).toMatchObject({
    place: { machine: 'node-a', device: 'vxlan.1' },
    headers: {
      tunnel: 'vxlan',
      id: 1,
      source: '5a:00:00:00:00:0a',
      destination: '5a:00:00:00:00:0b',
      length: 90,
    },
    entry: '5a:00:00:00:00:0b dst 192.168.10.12 self permanent',
    neighbour: '10.244.2.0 dev vxlan.1 lladdr 5a:00:00:00:00:0b PERMANENT',
  });
  expect(first[unpacked]).toMatchObject({
    place: { machine: 'node-b', device: 'vxlan.1' },
    after: inner,
  });
});

test('the hops of a packet in a tunnel read as a person would tell them', () => {
  const lab = tunnelled();
  request(lab);
  const hops = explain(stepsOf(lab)).filter(({ packet }) => packet === 2);
  const port = hops.find(({ headers }) => headers)?.after.source.port ?? 0;
  expect(hops.map(({ title, sentence }) => `${title}: ${sentence}`)).toEqual([
    'web · eth0: Default route: `via 10.244.1.1 dev eth0`',
    "node-a · cni0: Frame is for the bridge's own MAC: up to the node",
    'node-a · route: `10.244.2.0/24 via 10.244.2.0`',
    'node-a · vxlan.1: Packed into UDP for `192.168.10.12:8472`: VNI 1, 90 bytes',
    'node-a · route: `192.168.10.0/24 dev eth0`',
    'node-b · vxlan.1: VNI 1 is unpacked: inside is a packet for `10.244.2.5:8080`',
    'node-b · route: `10.244.2.0/24 dev cni0`',
    expect.stringMatching(/^node-b · cni0: FDB/),
    expect.stringMatching(/^catalog · socket: Listening on/),
  ]);
  expect(hops[3]).toMatchObject({
    lines: [
      { text: '10.244.2.0 dev vxlan.1 lladdr 5a:00:00:00:00:0b PERMANENT', isDeciding: false },
      { text: '5a:00:00:00:00:0b dst 192.168.10.12 self permanent', isDeciding: true },
    ],
    command: 'bridge fdb show dev vxlan.1',
    after: { protocol: 'udp', source: { address: '192.168.10.11', port } },
  });
  expect(hops[4]).toMatchObject({ inner: { destination: { address: '10.244.2.5', port: 8080 } } });
  expect(printTrace(stepsOf(lab))).toContain(
    `udp 192.168.10.11:${String(port)} → 192.168.10.12:8472`,
  );
});

test('both directions of a flow have one outer source port, another flow has another', () => {
  const lab = tunnelled();
  request(lab);
  const ports = new Set(
    stepsOf(lab).flatMap((step) => (step.kind === 'encapsulated' ? [step.after.source.port] : [])),
  );
  expect(ports.size).toBe(1);
  const pid = run(lab, 'web', 'tcp-client', ['10.244.2.5:8080'], openTrace(lab, 'second'));
  runUntilIdle(lab);
  expect(outputOf(lab, pid)).toBe('hello 10.244.1.7');
  const second = stepsOf(lab, 'second').find(({ kind }) => kind === 'encapsulated');
  expect(second?.kind === 'encapsulated' && ports.has(second.after.source.port)).toBe(false);
});

test('outer packets meet the rules of the machine that sends them, and of the one that gets them', () => {
  const sent = tunnelled();
  loadRules(
    sent,
    'node-a',
    '*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -m udp --dport 8472 -j DROP\nCOMMIT\n',
  );
  expect(request(sent)).toBe('ETIMEDOUT');
  expect(dispositionOf(stepsOf(sent))).toBe('dropped');
  const received = tunnelled();
  loadRules(
    received,
    'node-b',
    '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp -m udp --dport 8472 -j REJECT\nCOMMIT\n',
  );
  expect(request(received)).toBe('ETIMEDOUT');
});

test('the outer packet keeps the mark of the packet inside', () => {
  const lab = tunnelled();
  loadRules(
    lab,
    'node-a',
    '*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.244.2.5/32 -j MARK --set-xmark 0x4000/0x4000\nCOMMIT\n' +
      '*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p udp -m mark --mark 0x4000/0x4000 -j DROP\nCOMMIT\n',
  );
  expect(request(lab)).toBe('ETIMEDOUT');
});

test('without entries a tunnel asks with ARP through its default remote end, and learns', () => {
  const lab = tunnelled({ learning: 'on', knows: 'default-remote' });
  expect(request(lab)).toBe('hello 10.244.1.7');
  expect(listFdb(tunnelOf(lab, 'node-a'), lab.environment.queue.now).map(formatFdbEntry)).toEqual([
    '00:00:00:00:00:00 dst 192.168.10.12 via eth0 self permanent',
    '5a:00:00:00:00:0b dst 192.168.10.12 self',
  ]);
});

test.each<[string, (lab: Lab) => void, string, string]>([
  [
    'the remote end of a MAC is not known',
    (lab) => deleteFdbEntry(tunnelOf(lab, 'node-a'), { mac: '5a:00:00:00:00:0b' }),
    'no-remote-vtep',
    'node-a',
  ],
  [
    'the other end has no device for the VNI',
    (lab) => setLinkState(lab.network, 'node-b', 'vxlan.1', 'down'),
    'no-socket',
    'node-b',
  ],
  [
    'the device below is down',
    (lab) => setLinkState(lab.network, 'node-a', 'eth0', 'down'),
    'no-route',
    'node-a',
  ],
])('nothing comes through when %s', (_, breakIt, reason, machine) => {
  const lab = tunnelled();
  breakIt(lab);
  const answer = request(lab);
  expect(answer).not.toBe('hello 10.244.1.7');
  const steps = stepsOf(lab);
  if (reason === 'no-socket') {
    expect(steps.some((step) => step.kind === 'refused' && step.place.machine === machine)).toBe(
      true,
    );
    return;
  }
  const dropped = steps.find((step) => step.kind === 'dropped');
  expect(dropped).toMatchObject({ reason, place: { machine } });
});

test('a packet of another VNI ends where it is unpacked', () => {
  const lab = tunnelled({ vnis: [1, 2] });
  expect(request(lab)).toBe('ETIMEDOUT');
  expect(stepsOf(lab).find(({ kind }) => kind === 'dropped')).toMatchObject({
    reason: 'unknown-vni',
    place: { machine: 'node-b' },
    inner: { destination: { address: '10.244.2.5', port: 8080 } },
  });
});

test('the remote machine being gone is not told to whoever is in the tunnel', () => {
  const lab = tunnelled();
  setLinkState(lab.network, 'node-b', 'eth0', 'down');
  expect(request(lab)).toBe('ETIMEDOUT');
  expect(dispositionOf(stepsOf(lab))).toBe('dropped');
});

test('a tunnel that leads into itself ends', () => {
  const lab = tunnelled();
  const namespace = namespaceOf(lab, 'node-a');
  const link = tunnelOf(lab, 'node-a');
  Object.assign(link, { underlay: undefined });
  addRoute(namespace, { destination: '192.168.10.12/32', device: 'vxlan.1', scope: 'link' });
  setPermanentNeighbour(
    namespace,
    { address: '192.168.10.12', device: 'vxlan.1', mac: '5a:00:00:00:00:0b' },
    0,
  );
  expect(request(lab)).toBe('ETIMEDOUT');
});

test('a tunnel is as wide as what is below it less 50 bytes, holds its port, and goes with it', () => {
  const lab = tunnelled();
  const namespace = namespaceOf(lab, 'node-a');
  expect(tunnelOf(lab, 'node-a')).toMatchObject({ mtu: 1450, port: 8472 });
  const held = () =>
    Object.values(namespace.sockets).map(({ pid, protocol, local }) => ({ pid, protocol, local }));
  expect(held()).toEqual([{ pid: 0, protocol: 'udp', local: { address: '0.0.0.0', port: 8472 } }]);
  removeLink(lab.network, 'node-a', 'eth0');
  expect(namespace.links['vxlan.1']).toBeUndefined();
  expect(held()).toEqual([]);
});

test('only entries for many may name several remote ends', () => {
  const link = tunnelOf(tunnelled(), 'node-a');
  const many = '00:00:00:00:00:00';
  for (const remote of ['192.0.2.1', '192.0.2.2', '192.0.2.2']) {
    appendFdbEntry(link, { mac: many, remote }, 0);
  }
  appendFdbEntry(link, { mac: '5a:00:00:00:00:0b', remote: '192.0.2.2' }, 0);
  expect(addFdbEntry(link, { mac: '5a:00:00:00:00:0b', remote: '192.0.2.2' }, 0)).toBe(
    'RTNETLINK answers: File exists',
  );
  expect(listFdb(link, 0).map(formatFdbEntry)).toEqual([
    '5a:00:00:00:00:0b dst 192.168.10.12 self permanent',
    '00:00:00:00:00:00 dst 192.0.2.1 self permanent',
    '00:00:00:00:00:00 dst 192.0.2.2 self permanent',
  ]);
});

test('outer packets that the network between cannot carry are cut, and joined where they are unpacked', () => {
  const lab = tunnelled();
  for (const { name } of NODES) tunnelOf(lab, name).mtu = 1500;
  const server = run(lab, 'catalog', 'udp-server', ['9999']);
  runUntilIdle(lab);
  const packet = packetOfFlow({
    protocol: 'udp',
    source: { address: '10.244.1.7', port: 40_000 },
    destination: { address: '10.244.2.5', port: 9999 },
  });
  const wide = { ...packet, dontFragment: true, length: 1500 };
  sendPacket(lab.network, lab.environment, 'web', wide, openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, server)).toBe('datagram from 10.244.1.7\n');
  const steps = stepsOf(lab).filter(({ packet: number }) => number === 1);
  expect(steps.find(({ kind }) => kind === 'fragmented')).toMatchObject({
    place: { machine: 'node-a', device: 'eth0' },
    pieces: 2,
    inner: { destination: { address: '10.244.2.5', port: 9999 } },
  });
  expect(steps.find(({ kind }) => kind === 'reassembled')?.place.machine).toBe('node-b');
});

test('a packet that does not fit into the tunnel is refused with what does', () => {
  const lab = tunnelled();
  const packet = packetOfFlow({
    protocol: 'udp',
    source: { address: '10.244.1.7', port: 40_000 },
    destination: { address: '10.244.2.5', port: 9999 },
  });
  const wide = { ...packet, dontFragment: true, length: 1500 };
  sendPacket(lab.network, lab.environment, 'web', wide, openTrace(lab));
  runUntilIdle(lab);
  expect(stepsOf(lab).find(({ kind }) => kind === 'dropped')).toMatchObject({
    reason: 'packet-too-big',
    place: { machine: 'node-a' },
  });
  expect(stepsOf(lab).some(({ packet: number }) => number > 1)).toBe(true);
});
