import { expect, test } from 'vitest';
import type { IpPacket } from '../../../packet/packet.ts';
import type { NatTarget } from '../evaluate.ts';
import { natRangeOf } from './nat-range.ts';

const MACHINE = { redirectAddress: () => '10.0.0.1', masqueradeAddress: () => '192.0.2.1' };

test.each<[string, NatTarget, object]>([
  ['a masquerade takes any port', { target: 'MASQUERADE' }, { address: '192.0.2.1' }],
  [
    'a masquerade takes a port of its range',
    { target: 'MASQUERADE', ports: [1024, 31_000] },
    { address: '192.0.2.1', ports: [1024, 31_000] },
  ],
  [
    'a random masquerade keeps no port',
    { target: 'MASQUERADE', random: true },
    { address: '192.0.2.1', randomFully: true },
  ],
  ['a redirect keeps the port', { target: 'REDIRECT' }, { address: '10.0.0.1' }],
  [
    'a redirect goes to one port',
    { target: 'REDIRECT', port: 8080 },
    { address: '10.0.0.1', ports: [8080, 8080] },
  ],
  [
    'a redirect goes to a range of ports',
    { target: 'REDIRECT', port: 8000, lastPort: 8010 },
    { address: '10.0.0.1', ports: [8000, 8010] },
  ],
])('%s', (_name, target, range) => {
  expect(natRangeOf(target, {} as IpPacket, MACHINE)).toEqual(range);
});
