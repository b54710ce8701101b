import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { addAddress, addBridge, addVethPair, setMaster } from '../../linux/links.ts';
import { addMachine } from '../../linux/network-state.ts';
import { packetOfFlow, sendPacket } from '../../linux/send-packet.ts';
import { setPermanentNeighbour } from '../../linux/static-neighbours.ts';
import { dispositionOf } from '../../trace/disposition.ts';
import { explain } from '../../trace/explain.ts';
import {
  createLab,
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  type Lab,
} from '../lab.ts';

/** Two switches with so many cables between them, `a` on the one and `b` on the other. */
function joinedBridges(cables: number): Lab {
  const lab = createLab();
  const { network, environment } = lab;
  const connect = (machine: string, name: string, to: string, port: string) => {
    addVethPair(network, environment, { namespace: machine, name }, { namespace: to, name: port });
    setMaster(network, to, port, 'br0');
  };
  for (const name of ['left', 'right']) {
    addMachine(network, name);
    addBridge(network, environment, { namespace: name, name: 'br0' });
  }
  for (let cable = 0; cable < cables; cable++) {
    connect('left', `up${cable}`, 'right', `down${cable}`);
    setMaster(network, 'left', `up${cable}`, 'br0');
  }
  for (const [name, to, address] of [
    ['a', 'left', '10.0.0.1/24'],
    ['b', 'right', '10.0.0.2/24'],
  ] as const) {
    addMachine(network, name);
    connect(name, 'eth0', to, `port-${name}`);
    addAddress(network, name, 'eth0', address);
  }
  return lab;
}

const FLOW = {
  protocol: 'udp',
  source: { address: '10.0.0.1', port: 40_000 },
  destination: { address: '10.0.0.2', port: 53 },
} as const;

test('one cable between two bridges: the request is answered', () => {
  const lab = joinedBridges(1);
  run(lab, 'b', 'udp-server', ['53']);
  const client = run(lab, 'a', 'udp-client', ['10.0.0.2:53'], openTrace(lab));
  runUntilIdle(lab, 10 * SECOND);
  expect(outputOf(lab, client)).toBe('hello 10.0.0.1 (10.0.0.2:53)');
});

test.each([
  ['two', 2],
  ['three', 3],
])('%s cables make a storm, which ends', (_name, cables) => {
  const lab = joinedBridges(cables);
  run(lab, 'b', 'udp-server', ['53']);
  run(lab, 'a', 'udp-client', ['10.0.0.2:53'], openTrace(lab));
  const fired = runUntilIdle(lab, 60 * SECOND);
  expect(fired).toBeGreaterThan(20);
  expect(fired).toBeLessThan(50_000);
  expect(lab.environment.queue.size).toBe(0);
});

test('copies of a frame that go round end as a bridge loop, in words', () => {
  const lab = joinedBridges(2);
  const { network, environment } = lab;
  // A receiver whose MAC no bridge has learned: the frame is flooded everywhere, again and again.
  const nobody = { address: '10.0.0.2', device: 'eth0', mac: '02:00:00:00:00:99' };
  setPermanentNeighbour(namespaceOf(lab, 'a'), nobody, 0);
  sendPacket(network, environment, 'a', packetOfFlow(FLOW), openTrace(lab));
  runUntilIdle(lab, 60 * SECOND);
  const ends = stepsOf(lab).filter((step) => step.kind === 'dropped');
  expect(ends).toContainEqual(expect.objectContaining({ reason: 'bridge-loop' }));
  expect(dispositionOf(stepsOf(lab))).toBe('dropped');
  expect(explain(stepsOf(lab)).map(({ sentence }) => sentence)).toContainEqual(
    expect.stringContaining('joined in a circle'),
  );
});
