import { expect, test } from 'vitest';
import type { Flow } from '../base/flow.ts';
import {
  describeConnection,
  followConnections,
  picksOf,
  type TrackedConnection,
} from './connections.ts';

const end = (text: string) => {
  const [address = '', port = ''] = text.split(':');
  return { address, port: Number(port) };
};
const flow = (from: string, to: string): Flow => ({
  protocol: 'tcp',
  source: end(from),
  destination: end(to),
});
const connection = (
  namespace: string,
  [from, to]: readonly [string, string],
  [answerFrom, answerTo]: readonly [string, string],
): TrackedConnection => ({
  namespace,
  original: flow(from, to),
  reply: flow(answerFrom, answerTo),
});

/** A pod of node-a asks a node port of node-b, which sends it on to a pod of node-c. */
const FIRST = connection(
  'node-a',
  ['10.244.0.2:20001', '192.168.10.12:30080'],
  ['192.168.10.12:30080', '192.168.10.11:5000'],
);
const SECOND = connection(
  'node-b',
  ['192.168.10.11:5000', '192.168.10.12:30080'],
  ['10.244.2.2:8080', '192.168.10.12:6000'],
);
const THIRD = connection(
  'node-c',
  ['192.168.10.12:6000', '10.244.2.2:8080'],
  ['10.244.2.2:8080', '192.168.10.12:6000'],
);
const OTHER = connection(
  'node-b',
  ['192.168.10.11:5001', '192.168.10.12:30080'],
  ['10.244.0.9:8080', '192.168.10.12:6001'],
);
const START = { protocol: 'tcp', port: 20_001, to: end('192.168.10.12:30080') } as const;

test('a question is followed through every translation, whatever the order of the list', () => {
  expect(followConnections([THIRD, OTHER, SECOND, FIRST], START)).toEqual([FIRST, SECOND, THIRD]);
});

test('the machines that chose a destination are named with it', () => {
  expect([...picksOf([FIRST, SECOND, THIRD])]).toEqual([['node-b', end('10.244.2.2:8080')]]);
});

test('a connection is described without the ports of its client', () => {
  expect(describeConnection(SECOND)).toBe(
    'node-b: 192.168.10.11 > 192.168.10.12:30080 becomes 192.168.10.12 > 10.244.2.2:8080',
  );
  expect(describeConnection(THIRD)).toBe('node-c: 192.168.10.12 > 10.244.2.2:8080');
});
