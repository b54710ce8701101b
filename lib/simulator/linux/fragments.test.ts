import { expect, test } from 'vitest';
import fc from 'fast-check';
import { SECOND } from '../base/clock.ts';
import type { IpPacket } from '../packet/packet.ts';
import { dispositionOf } from '../trace/disposition.ts';
import { explain } from '../trace/explain.ts';
import type { Step } from '../trace/step.ts';
import {
  createLab,
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
import { cutPacket, joinPieces } from './fragments.ts';
import { addAddress, addVethPair, linkOf } from './links.ts';
import { addMachine } from './network-state.ts';
import { learnedPathMtu } from './path-mtu.ts';
import type { Program } from './program.ts';
import { addRoute } from './routes.ts';
import { sendPacket } from './send-packet.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { stackOf } from './kernel.ts';

const datagram = (length: number, dontFragment = false): IpPacket => ({
  version: 4,
  source: '10.0.1.1',
  destination: '10.0.2.3',
  ttl: 64,
  dontFragment,
  length,
  transport: {
    protocol: 'udp',
    sourcePort: 40_000,
    destinationPort: 9999,
    payload: { kind: 'bytes', text: 'x'.repeat(length - 28) },
  },
});

/** `big-client ADDRESS:PORT SIZE ...`: a datagram of each size, a second apart. */
const BIG_CLIENT: Program = {
  name: 'big-client',
  start([to = '', ...sizes], calls) {
    const opened = calls.openUdp();
    const [address = '', port = ''] = to.split(':');
    calls.setTimer('next', 1);
    return {
      socket: opened.ok ? opened.socket : 0,
      to: { address, port: Number(port) },
      sizes: sizes.map(Number),
    };
  },
  handle(state, event, calls) {
    const { socket, to, sizes } = state as {
      socket: number;
      to: { address: string; port: number };
      sizes: number[];
    };
    if (event.type === 'datagram') calls.print(`answered ${event.from.address}\n`);
    if (event.type !== 'timer') return;
    const size = sizes.shift();
    if (size === undefined) return;
    calls.sendTo(socket, to, { kind: 'bytes', text: 'x'.repeat(size) });
    calls.setTimer('next', SECOND);
  },
};

/** client 10.0.1.1 - router - server 10.0.2.3, where the second wire takes 1000 bytes. */
function narrowWay(): Lab {
  const lab = createLab({ programs: { 'big-client': BIG_CLIENT } });
  const { network, environment } = lab;
  for (const name of ['client', 'server']) addMachine(network, name);
  addMachine(network, 'router', { sysctls: { 'ipv4.ip_forward': '1' } });
  const join = (a: [string, string], b: [string, string], mtu: number) =>
    addVethPair(
      network,
      environment,
      { namespace: a[0], name: a[1], mtu },
      { namespace: b[0], name: b[1], mtu },
    );
  join(['client', 'eth0'], ['router', 'eth0'], 1500);
  join(['router', 'eth1'], ['server', 'eth0'], 1000);
  addAddress(network, 'client', 'eth0', '10.0.1.1/24');
  addAddress(network, 'router', 'eth0', '10.0.1.2/24');
  addAddress(network, 'router', 'eth1', '10.0.2.2/24');
  addAddress(network, 'server', 'eth0', '10.0.2.3/24');
  for (const [name, via] of [
    ['client', '10.0.1.2'],
    ['server', '10.0.2.2'],
  ] as const) {
    addRoute(namespaceOf(lab, name), { destination: '0.0.0.0/0', via, device: 'eth0' });
  }
  return lab;
}

const kinds = (steps: readonly Step[], machine: string) =>
  steps.filter(({ place }) => place.machine === machine).map(({ kind }) => kind);

test('a packet is cut as Linux cuts it: payloads of a multiple of eight bytes', () => {
  // As tcpdump showed a ping of 1400 bytes into an MTU of 1000 on Linux 6.18.
  expect(
    cutPacket(datagram(1428), 1000, 7).map(({ length, fragment }) => ({ length, ...fragment })),
  ).toEqual([
    { length: 996, identification: 7, offset: 0, hasMore: true },
    { length: 452, identification: 7, offset: 976, hasMore: false },
  ]);
  expect(cutPacket(datagram(1000), 1000, 7)).toEqual([datagram(1000)]);
});

test('pieces in any order, cut again or not, make the whole packet', () => {
  const lab = narrowWay();
  const stack = stackOf(lab.network, lab.environment, 'server');
  if (!stack) throw new Error('no stack');
  fc.assert(
    fc.property(
      fc.integer({ min: 29, max: 20_000 }),
      fc.integer({ min: 68, max: 1500 }),
      fc.integer({ min: 68, max: 1500 }),
      fc.infiniteStream(fc.nat()),
      (length, mtu, second, order) => {
        const pieces = cutPacket(datagram(length), mtu, 1)
          .flatMap((piece) => cutPacket(piece, second, 2))
          .map((piece) => [order.next().value, piece] as const)
          .sort(([a], [b]) => a - b)
          .map(([, piece]) => piece);
        const results = pieces.map((packet) => {
          const skb: SocketBuffer = { packet, mark: 0 };
          return [joinPieces(stack, skb), skb] as const;
        });
        const whole = results.filter(([result]) => result === 'whole');
        expect(whole).toHaveLength(1);
        expect(results.at(-1)?.[0]).toBe('whole');
        expect(whole[0]?.[1].packet).toEqual(datagram(length));
        expect(stack.namespace.fragments ?? []).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});

test('a router cuts a packet that may be cut, and the receiver puts it together', () => {
  const lab = narrowWay();
  const server = run(lab, 'server', 'udp-server', ['9999']);
  runUntilIdle(lab);
  sendPacket(lab.network, lab.environment, 'client', datagram(1428), openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, server)).toBe('datagram from 10.0.1.1\n');
  const steps = stepsOf(lab).filter(({ packet }) => packet === 1);
  expect(steps.find(({ kind }) => kind === 'fragmented')).toMatchObject({
    place: { machine: 'router', device: 'eth1' },
    pieces: 2,
    mtu: 1000,
  });
  expect(kinds(steps, 'server')).toEqual(['reassembled', 'delivered']);
  expect(explain(steps).map(({ sentence }) => sentence)).toContain(
    'Longer than the MTU of 1000: cut into 2 fragments',
  );
});

test('a packet that must not be cut is refused by the router with the MTU', () => {
  const lab = narrowWay();
  sendPacket(lab.network, lab.environment, 'client', datagram(1428, true), openTrace(lab));
  runUntilIdle(lab);
  expect(dispositionOf(stepsOf(lab))).toBe('dropped');
  expect(stepsOf(lab).find(({ kind }) => kind === 'dropped')).toMatchObject({
    reason: 'packet-too-big',
    place: { machine: 'router' },
  });
});

test('a socket forbids cutting until it hears of the way, then cuts itself', () => {
  const lab = narrowWay();
  const server = run(lab, 'server', 'udp-server', ['9999']);
  const tag = openTrace(lab);
  run(lab, 'client', 'big-client', ['10.0.2.3:9999', '100', '1400', '1400'], tag);
  runUntilIdle(lab);
  expect(outputOf(lab, server)).toBe('datagram from 10.0.1.1\n'.repeat(2));
  expect(learnedPathMtu(namespaceOf(lab, 'client'), '10.0.2.3', 5 * SECOND)).toBe(1000);
  const cut = stepsOf(lab).filter(({ kind }) => kind === 'fragmented');
  expect(cut.map(({ place }) => place.machine)).toEqual(['client']);
  expect(learnedPathMtu(namespaceOf(lab, 'client'), '10.0.2.3', 700 * SECOND)).toBeUndefined();
});

test('connection tracking sees whole packets, which leave in pieces again', () => {
  const lab = narrowWay();
  const server = run(lab, 'server', 'udp-server', ['9999']);
  linkOf(lab.network, 'client', 'eth0').mtu = 900;
  loadRules(
    lab,
    'router',
    '*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth1 -j MASQUERADE\nCOMMIT\n',
  );
  runUntilIdle(lab);
  sendPacket(lab.network, lab.environment, 'client', datagram(1428), openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, server)).toBe('datagram from 10.0.2.2\n');
  const steps = stepsOf(lab).filter(({ packet }) => packet === 1);
  const onRouter = steps.filter(({ place }) => place.machine === 'router');
  expect(onRouter[0]?.kind).toBe('reassembled');
  expect(onRouter.find(({ kind }) => kind === 'fragmented')).toMatchObject({ mtu: 900 });
});

test('br_netfilter joins the pieces of what crosses a bridge, and sends pieces on', () => {
  const lab = twoNodes();
  loadRules(lab, 'node-a', '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p udp -j ACCEPT\nCOMMIT\n');
  const server = run(lab, 'shop', 'udp-server', ['9999']);
  runUntilIdle(lab);
  sendPacket(
    lab.network,
    lab.environment,
    'web',
    { ...datagram(4000), source: '10.244.1.7', destination: '10.244.1.9' },
    openTrace(lab),
  );
  runUntilIdle(lab);
  expect(outputOf(lab, server)).toBe('datagram from 10.244.1.7\n');
  const steps = stepsOf(lab).filter(({ packet }) => packet === 1);
  expect(
    steps.filter(({ kind }) => kind === 'fragmented').map(({ place }) => place.device),
  ).toEqual(['eth0', 'veth-shop']);
  expect(
    steps.filter(({ kind }) => kind === 'reassembled').map(({ place }) => place.netns),
  ).toEqual([undefined, 'lab/shop']);
});

test('a piece that never comes takes the others with it', () => {
  const lab = narrowWay();
  const server = run(lab, 'server', 'udp-server', ['9999']);
  runUntilIdle(lab);
  const [first] = cutPacket(datagram(1428), 1000, 9);
  if (!first) throw new Error('no piece');
  sendPacket(lab.network, lab.environment, 'client', first, openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, server)).toBe('');
  expect(stepsOf(lab).at(-1)).toMatchObject({ kind: 'dropped', reason: 'fragment-lost' });
  expect(dispositionOf(stepsOf(lab))).toBe('dropped');
  expect(namespaceOf(lab, 'server').fragments).toEqual([]);
});

test('a frame that is longer than what the other end of a wire takes goes nowhere, and nobody hears of it', () => {
  const lab = narrowWay();
  linkOf(lab.network, 'router', 'eth1').mtu = 1500;
  const tag = openTrace(lab);
  sendPacket(lab.network, lab.environment, 'client', datagram(1428, true), tag);
  runUntilIdle(lab);
  expect(stepsOf(lab).at(-1)).toMatchObject({ kind: 'dropped', reason: 'packet-too-big' });
  expect(stepsOf(lab).some(({ packet }) => packet !== 1)).toBe(false);
});
