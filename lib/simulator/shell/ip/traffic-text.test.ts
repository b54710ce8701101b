import { expect, test } from 'vitest';
import type { Link } from '../../linux/network.ts';
import { procNetDev, trafficLines } from './traffic-text.ts';

const link = (name: string, numbers: readonly number[]): Link => {
  const [receivedBytes = 0, receivedPackets = 0, sentBytes = 0, sentPackets = 0] = numbers;
  return {
    kind: 'dummy',
    queueLength: 1000,
    name,
    index: 2,
    mac: '02:00:00:00:00:01',
    mtu: 1500,
    isUp: true,
    addresses: [],
    traffic: {
      receivedBytes,
      receivedPackets,
      receivedDropped: 0,
      sentBytes,
      sentPackets,
      sentDropped: 0,
    },
  };
};

// ip -s link of iproute2 6.1 and /proc/net/dev of Linux 6.18, with the same numbers.
test('ip -s link prints the counters in its columns', () => {
  expect(trafficLines(link('eth0', [1678, 21, 1748, 22]))).toEqual([
    '    RX:  bytes packets errors dropped  missed   mcast           ',
    '          1678      21      0       0       0       0 ',
    '    TX:  bytes packets errors dropped carrier collsns           ',
    '          1748      22      0       0       0       0 ',
  ]);
});

test('a long number widens its column in both directions', () => {
  expect(trafficLines(link('eth0', [123456789012, 12345678, 1, 1]))).toEqual([
    '    RX:    bytes  packets errors dropped  missed   mcast           ',
    '    123456789012 12345678      0       0       0       0 ',
    '    TX:    bytes  packets errors dropped carrier collsns           ',
    '               1        1      0       0       0       0 ',
  ]);
});

test('/proc/net/dev', () => {
  expect(procNetDev([link('lo', []), link('eth0', [1678, 21, 1748, 22])])).toBe(
    [
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
      '    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0',
      '  eth0:    1678      21    0    0    0     0          0         0     1748      22    0    0    0     0       0          0',
      '',
    ].join('\n'),
  );
});
