import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { namespaceOf, run, runUntilIdle, twoMachines, twoNodes, type Lab } from '../testing/lab.ts';
import type { Program } from './program.ts';

function trafficOf(lab: Lab, namespace: string, link: string): number[] {
  const { traffic } = namespaceOf(lab, namespace).links[link]!;
  return [
    traffic.receivedBytes,
    traffic.receivedPackets,
    traffic.receivedDropped,
    traffic.sentBytes,
    traffic.sentPackets,
    traffic.sentDropped,
  ];
}

const NOTHING = [0, 0, 0, 0, 0, 0];

// The numbers are those of Linux 6.18: a ping is 98 bytes on a veth, 84 on lo and coming up from a bridge; ARP 42 and 28.
test('devices count packets and bytes, each as its driver does', () => {
  const lab = twoMachines();
  run(lab, 'a', 'ping', ['10.0.0.2']);
  run(lab, 'a', 'ping', ['127.0.0.1']);
  runUntilIdle(lab, 2 * SECOND);
  expect(trafficOf(lab, 'a', 'eth0')).toEqual([140, 2, 0, 140, 2, 0]);
  expect(trafficOf(lab, 'b', 'eth0')).toEqual([140, 2, 0, 140, 2, 0]);
  expect(trafficOf(lab, 'a', 'lo')).toEqual([168, 2, 0, 168, 2, 0]);
  expect(trafficOf(lab, 'b', 'lo')).toEqual(NOTHING);
});

test('a bridge counts what it hands up and what is sent out of it, not what crosses it', () => {
  const lab = twoNodes();
  run(lab, 'web', 'ping', ['10.244.1.1']);
  runUntilIdle(lab, 2 * SECOND);
  expect(trafficOf(lab, 'node-a', 'cni0')).toEqual([112, 2, 0, 140, 2, 0]);
  const before = trafficOf(lab, 'node-a', 'cni0');
  const crossing = trafficOf(lab, 'node-a', 'veth-shop');
  run(lab, 'web', 'ping', ['10.244.1.9']);
  runUntilIdle(lab, 2 * SECOND);
  // Only the question of ARP, which is for everybody, came up.
  expect(trafficOf(lab, 'node-a', 'cni0').slice(0, 2)).toEqual([140, 3]);
  expect(trafficOf(lab, 'node-a', 'cni0').slice(3)).toEqual(before.slice(3));
  expect(trafficOf(lab, 'node-a', 'veth-shop')).not.toEqual(crossing);
});

test('a frame that the other end does not take is dropped at both ends', () => {
  const big: Program = {
    name: 'big',
    start(_, calls) {
      const socket = calls.openPing();
      if (socket.ok) calls.sendEcho(socket.socket, '10.0.0.2', 1, { size: 1400 });
      return {};
    },
    handle() {},
  };
  const lab = twoMachines({ programs: { big } });
  namespaceOf(lab, 'b').links['eth0']!.mtu = 1000;
  run(lab, 'a', 'big', []);
  runUntilIdle(lab, 2 * SECOND);
  expect(trafficOf(lab, 'a', 'eth0')[5]).toBe(1);
  expect(trafficOf(lab, 'b', 'eth0')[2]).toBe(1);
  namespaceOf(lab, 'b').links['eth0']!.isUp = false;
  run(lab, 'a', 'ping', ['10.0.0.2']);
  runUntilIdle(lab, 2 * SECOND);
  expect(trafficOf(lab, 'a', 'eth0')[5]).toBe(2);
});
