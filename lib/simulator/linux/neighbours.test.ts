import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import {
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  twoMachines,
  twoNodes,
} from '../testing/lab.ts';
import { removeLink } from './links.ts';
import { removeNamespace } from './network-state.ts';

const statesOf = (lab: ReturnType<typeof twoMachines>, id: string) =>
  namespaceOf(lab, id).neighbours.map(({ address, state }) => `${address} ${state}`);

test('who asks learns by the answer, who is asked learns by the question', () => {
  const lab = twoMachines();
  run(lab, 'a', 'ping', ['10.0.0.2']);
  runUntilIdle(lab, SECOND);
  expect(statesOf(lab, 'a')).toEqual(['10.0.0.2 REACHABLE']);
  expect(statesOf(lab, 'b')[0]).toMatch(/^10.0.0.1 (STALE|DELAY)$/);
});

test('three requests one second apart, then host unreachable', () => {
  const lab = twoMachines();
  const ping = run(lab, 'a', 'ping', ['10.0.0.9'], openTrace(lab));
  runUntilIdle(lab, 3 * SECOND - 1);
  expect(outputOf(lab, ping)).toBe('');
  expect(statesOf(lab, 'a')).toEqual(['10.0.0.9 INCOMPLETE']);
  runUntilIdle(lab, SECOND);
  expect(outputOf(lab, ping)).toBe('EHOSTUNREACH host-unreachable from 10.0.0.1');
  expect(statesOf(lab, 'a')).toEqual(['10.0.0.9 FAILED']);
  expect(stepsOf(lab)).toContainEqual(
    expect.objectContaining({ kind: 'dropped', reason: 'neighbour-failed', at: 3 * SECOND }),
  );
});

test('packets that wait go out together when the answer comes', () => {
  const lab = twoMachines();
  run(lab, 'b', 'udp-server', ['53']);
  const clients = [1, 2, 3].map(() => run(lab, 'a', 'udp-client', ['10.0.0.2:53']));
  runUntilIdle(lab, SECOND);
  for (const pid of clients) expect(outputOf(lab, pid)).toMatch(/^hello/);
  expect(namespaceOf(lab, 'a').pending).toEqual([]);
});

test('a router tells the sender when the last hop does not answer ARP', () => {
  const lab = twoNodes();
  const client = run(lab, 'web', 'tcp-client', ['10.244.2.77:80']);
  runUntilIdle(lab, 10 * SECOND);
  expect(outputOf(lab, client)).toBe('EHOSTUNREACH');
});

test('a pod that has gone times out at first, and is unreachable once its node has asked again', () => {
  const lab = twoNodes();
  run(lab, 'catalog', 'tcp-server', ['80']);
  run(lab, 'web', 'tcp-client', ['10.244.2.5:80']);
  runUntilIdle(lab, SECOND);
  removeLink(lab.network, 'node-b', 'veth-catalog');
  removeNamespace(lab.network, 'catalog');
  const early = run(lab, 'web', 'tcp-client', ['10.244.2.5:80']);
  runUntilIdle(lab, 10 * SECOND);
  expect(outputOf(lab, early)).toBe('');
  runUntilIdle(lab, 120 * SECOND);
  const late = run(lab, 'web', 'tcp-client', ['10.244.2.5:80']);
  runUntilIdle(lab, 5 * SECOND);
  expect(outputOf(lab, late)).toBe('EHOSTUNREACH');
});
