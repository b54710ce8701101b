import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressRange,
  allocateAddress,
  releaseAddresses,
  type AddressRange,
  type AddressReservations,
} from './host-local.ts';

function rangesOf(...subnets: string[]): AddressRange[] {
  return subnets.map((subnet) => {
    const made = addressRange({ subnet });
    if (!made.ok) throw new Error(made.message);
    return made.range;
  });
}

test.each([
  ['a small IPv4 subnet', '10.0.0.0/29', '10.0.0.1', '10.0.0.6'],
  ['a pod range of a node', '10.244.1.0/24', '10.244.1.1', '10.244.1.254'],
  ['IPv6 has no broadcast address', 'fd00::/126', 'fd00::1', 'fd00::3'],
])('%s', (_, subnet, first, last) => {
  expect(addressRange({ subnet })).toMatchObject({
    ok: true,
    range: { first, last, gateway: first },
  });
});

test.each([
  ['no room', '10.0.0.0/31', 'Network 10.0.0.0/31 too small to allocate from'],
  [
    'host bits',
    '10.0.0.5/24',
    'Network has host bits set. For a subnet mask of length 24 the network address is 10.0.0.0',
  ],
  ['no prefix at all', 'ten', 'invalid CIDR address: ten'],
])('a range is refused: %s', (_, subnet, message) => {
  expect(addressRange({ subnet })).toEqual({ ok: false, message });
});

test('a freed address is given out again only after a full turn', () => {
  const ranges = rangesOf('10.0.0.0/29');
  const reservations: AddressReservations = { reserved: {} };
  const next = (owner: string) => {
    const given = allocateAddress(ranges, reservations, owner);
    return given.ok ? given.address : given.message;
  };
  expect(next('a eth0')).toBe('10.0.0.2');
  expect(releaseAddresses(reservations, 'a eth0')).toEqual(['10.0.0.2']);
  expect(['b', 'c', 'd', 'e', 'f'].map(next)).toEqual([
    '10.0.0.3',
    '10.0.0.4',
    '10.0.0.5',
    '10.0.0.6',
    '10.0.0.2',
  ]);
  expect(next('g')).toBe('no IP addresses available in range set: 10.0.0.1-10.0.0.6');
});

test('one container gets one address', () => {
  const ranges = rangesOf('10.0.0.0/29');
  const reservations: AddressReservations = { reserved: {} };
  allocateAddress(ranges, reservations, 'a eth0');
  expect(allocateAddress(ranges, reservations, 'a eth0')).toEqual({
    ok: false,
    message: '10.0.0.2 has been allocated to a, duplicate allocation is not allowed',
  });
});

test('no address is ever held by two, and none is a gateway or a network address', () => {
  const operations = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(operations, (list) => {
      const ranges = rangesOf('10.0.0.0/29', '10.0.1.0/30');
      const reservations: AddressReservations = { reserved: {} };
      const held = new Map<string, string>();
      for (const [gives, owner] of list) {
        const name = `pod-${owner} eth0`;
        if (gives) {
          const given = allocateAddress(ranges, reservations, name);
          if (!given.ok) continue;
          expect(held.has(given.address)).toBe(false);
          expect(given.address).not.toMatch(/\.(0|1|7)$|^10\.0\.1\.3$/);
          held.set(given.address, name);
        } else {
          for (const address of releaseAddresses(reservations, name)) held.delete(address);
        }
      }
      expect(Object.keys(reservations.reserved).sort()).toEqual([...held.keys()].sort());
    }),
  );
});
