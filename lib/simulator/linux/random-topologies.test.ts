import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import {
  addPod,
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
import { dispositionOf } from '../trace/disposition.ts';
import { explain } from '../trace/explain.ts';
import { printTrace } from '../trace/print-trace.ts';
import { addAddress, addVethPair } from './links.ts';
import { addMachine } from './network-state.ts';
import { addRoute } from './routes.ts';
import { packetOfFlow, sendPacket } from './send-packet.ts';

const RUNS = 60;
const octet = fc.integer({ min: 2, max: 250 });

/** A cluster of two nodes with pods, a Service behind some of them, and a client. */
const aService = fc.record({
  seed: fc.string({ maxLength: 4 }),
  pods: fc.uniqueArray(fc.record({ node: fc.constantFrom('a', 'b'), octet }), {
    minLength: 1,
    maxLength: 5,
    selector: ({ node, octet: last }) => `${node}${last}`,
  }),
  target: fc.nat(),
  client: fc.constantFrom('web', 'shop', 'catalog', 'node-a', 'node-b', 'target'),
  way: fc.constantFrom('pod', 'service'),
  protocol: fc.constantFrom('tcp', 'udp'),
  masquerade: fc.constantFrom('always', 'hairpin'),
});

const isTaken = (address: string) =>
  ['10.244.1.7', '10.244.1.9', '10.244.2.5', '10.244.1.1', '10.244.2.1'].includes(address);

const rulesFor = (target: string, protocol: string, masquerade: 'always' | 'hairpin') => `*nat
:SVC - [0:0]
-A PREROUTING -d 10.96.0.17/32 -p ${protocol} -m ${protocol} --dport 80 -j SVC
-A OUTPUT -d 10.96.0.17/32 -p ${protocol} -m ${protocol} --dport 80 -j SVC
-A SVC ${masquerade === 'hairpin' ? `-s ${target}/32` : ''} -j MARK --set-xmark 0x4000/0x4000
-A SVC -p ${protocol} -m ${protocol} -j DNAT --to-destination ${target}:8080
-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
COMMIT
`;

test('the reply to a packet that was delivered reaches its sender, translated or not', () => {
  fc.assert(
    fc.property(aService, ({ seed, pods, target, client, way, protocol, masquerade }) => {
      const lab = twoNodes({ seed });
      const names: { name: string; address: string }[] = [];
      for (const { node, octet: last } of pods) {
        const address = `10.244.${node === 'a' ? 1 : 2}.${last}`;
        if (isTaken(address)) continue;
        const name = `pod-${node}-${last}`;
        addPod(lab, `node-${node}`, name, address);
        run(lab, name, `${protocol}-server`, ['8080']);
        names.push({ name, address });
      }
      const chosen = names[target % Math.max(1, names.length)];
      if (!chosen) return;
      for (const node of ['node-a', 'node-b']) {
        loadRules(lab, node, rulesFor(chosen.address, protocol, masquerade));
      }
      const to = way === 'service' ? '10.96.0.17:80' : `${chosen.address}:8080`;
      const from = client === 'target' ? chosen.name : client;
      const pid = run(lab, from, `${protocol}-client`, [to], openTrace(lab));
      runUntilIdle(lab, 10 * SECOND);
      expect(outputOf(lab, pid), printTrace(stepsOf(lab))).toMatch(/^hello /);
      expect(dispositionOf(stepsOf(lab)), printTrace(stepsOf(lab))).toBe('delivered');
    }),
    { numRuns: RUNS },
  );
});

interface RandomRoute {
  readonly machine: number;
  readonly destination: number;
  readonly side: 'left' | 'right';
  readonly metric: number;
}

/** A row of machines m0 - m1 - ... with random routes to the networks between them: many lead nowhere, or in a circle. */
const aRow = fc.record({
  length: fc.integer({ min: 2, max: 6 }),
  routes: fc.array(
    fc.record({
      machine: fc.nat(5),
      destination: fc.nat(7),
      side: fc.constantFrom('left' as const, 'right' as const),
      metric: fc.nat(2),
    }),
    { maxLength: 20 },
  ),
  forwarding: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  sends: fc.array(
    fc.record({
      from: fc.nat(5),
      network: fc.nat(7),
      host: fc.integer({ min: 1, max: 3 }),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'icmp' as const),
      ttl: fc.integer({ min: 0, max: 64 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

function buildRow(length: number, routes: readonly RandomRoute[], forwarding: readonly boolean[]) {
  const lab = createLab();
  const { network, environment } = lab;
  for (let i = 0; i < length; i++) {
    const sysctls = { 'ipv4.ip_forward': forwarding[i] === true ? '1' : '0' };
    addMachine(network, `m${i}`, { sysctls });
  }
  for (let i = 0; i + 1 < length; i++) {
    const left = { namespace: `m${i}`, name: 'right' };
    const right = { namespace: `m${i + 1}`, name: 'left' };
    addVethPair(network, environment, left, right);
    addAddress(network, `m${i}`, 'right', `10.0.${i}.1/24`);
    addAddress(network, `m${i + 1}`, 'left', `10.0.${i}.2/24`);
  }
  for (const { machine, destination, side, metric } of routes) {
    const at = machine % length;
    const via = side === 'right' ? `10.0.${at}.2` : `10.0.${at - 1}.1`;
    addRoute(namespaceOf(lab, `m${at}`), {
      destination: destination === 7 ? '0.0.0.0/0' : `10.0.${destination}.0/24`,
      via,
      device: side,
      metric,
    });
  }
  return lab;
}

/** Packets of a trace that neither arrived nor ended. */
function lost(lab: Lab): readonly number[] {
  const ended = new Set<number>();
  const seen = new Set<number>();
  for (const step of stepsOf(lab)) {
    seen.add(step.packet);
    if (['delivered', 'refused', 'dropped'].includes(step.kind)) ended.add(step.packet);
  }
  return [...seen].filter((packet) => !ended.has(packet));
}

test('on any routes every packet ends, loops by their TTL, and can be explained', () => {
  fc.assert(
    fc.property(aRow, ({ length, routes, forwarding, sends }) => {
      const lab = buildRow(length, routes, forwarding);
      const tag = openTrace(lab);
      for (const { from, network, host, protocol, ttl } of sends) {
        const machine = `m${from % length}`;
        const source =
          namespaceOf(lab, machine).links['right'] ?? namespaceOf(lab, machine).links['left'];
        const next = lab.environment.recorder.nextPacket(tag);
        const packet = packetOfFlow(
          {
            protocol,
            source: { address: source?.addresses[0]?.address ?? '', port: 40_000 },
            destination: { address: `10.0.${network}.${host}`, port: 80 },
          },
          { ttl },
        );
        sendPacket(lab.network, lab.environment, machine, packet, next);
      }
      expect(runUntilIdle(lab, 60 * SECOND)).toBeLessThan(20_000);
      expect(lost(lab), printTrace(stepsOf(lab))).toEqual([]);
      const hops = explain(stepsOf(lab));
      expect(hops.map(({ number }) => number)).toEqual(hops.map((_, i) => i + 1));
      expect(hops.every(({ sentence, title }) => sentence !== '' && title !== '')).toBe(true);
      expect(structuredClone(lab.network)).toEqual(lab.network);
    }),
    { numRuns: RUNS },
  );
});

test('a packet in a circle of two routers ends by its TTL, and its sender hears of it', () => {
  const circle: RandomRoute[] = [
    { machine: 0, destination: 7, side: 'right', metric: 0 },
    { machine: 1, destination: 7, side: 'right', metric: 0 },
    { machine: 2, destination: 7, side: 'left', metric: 0 },
  ];
  const lab = buildRow(3, circle, [true, true, true]);
  const ping = run(lab, 'm0', 'ping', ['192.0.2.1', '9'], openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, ping)).toMatch(/^EHOSTUNREACH ttl-exceeded from 10\.0\.[01]\./);
  const hops = stepsOf(lab).filter(({ kind, packet }) => kind === 'forwarded' && packet === 2);
  expect(hops).toHaveLength(8);
  expect(dispositionOf(stepsOf(lab))).toBe('unreachable');
});

test('the same seed gives the same run, step for step', () => {
  const once = (seed: string) => {
    const lab = twoNodes({ seed });
    run(lab, 'catalog', 'tcp-server', ['8080']);
    run(lab, 'web', 'tcp-client', ['10.244.2.5:8080'], openTrace(lab));
    runUntilIdle(lab);
    return JSON.stringify([lab.network, lab.traces]);
  };
  expect(once('x')).toBe(once('x'));
  expect(once('x')).not.toBe(once('y'));
});

test('a run that was saved in the middle ends as the one that went on', () => {
  const lab = twoNodes();
  run(lab, 'catalog', 'tcp-server', ['8080']);
  const client = run(lab, 'web', 'tcp-client', ['10.244.2.5:8080'], openTrace(lab));
  runUntilIdle(lab, 150);
  const copy = createLab();
  Object.assign(copy.network, structuredClone(lab.network));
  Object.assign(copy.environment.queue.state, structuredClone(lab.environment.queue.state));
  Object.assign(copy.environment.random, structuredClone(lab.environment.random));
  Object.assign(copy.traces, structuredClone(lab.traces));
  for (const one of [lab, copy]) {
    runUntilIdle(one);
    expect(outputOf(one, client)).toBe('hello 10.244.1.7');
  }
  expect(JSON.stringify(copy.network)).toBe(JSON.stringify(lab.network));
  expect(copy.traces).toEqual(lab.traces);
});
