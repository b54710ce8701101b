import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidrBounds, cidrContains, networkOf, parseCidr } from './cidr.ts';
import { addToIp, formatIp, ipVersion, parseIp, reverseName } from './ip.ts';

test.each([
  ['10.0.0.1', 4],
  ['255.255.255.255', 4],
  ['256.0.0.1', undefined],
  ['10.0.0.01', undefined],
  ['10.0.0', undefined],
  ['::', 6],
  ['fd00::1', 6],
  ['::ffff:10.0.0.1', 6],
  ['1::2::3', undefined],
  ['12345::', undefined],
  ['', undefined],
])('%s is of version %s', (text, version) => {
  expect(ipVersion(text)).toBe(version);
});

test('an address that is printed can be read again', () => {
  const v4 = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
  const v6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
  fc.assert(fc.property(v4, (value) => parseIp(formatIp({ version: 4, value }))?.value === value));
  fc.assert(fc.property(v6, (value) => parseIp(formatIp({ version: 6, value }))?.value === value));
});

test.each([
  ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
])('%s is written %s (RFC 5952)', (text, canonical) => {
  const parsed = parseIp(text);
  expect(parsed && formatIp(parsed)).toBe(canonical);
});

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['0.0.0.0/0', '8.8.8.8', true],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.0/8', 'fd00::1', false],
  ['10.0.0.0/33', '10.0.0.1', false],
  ['fd00::/8', 'fd12::1', true],
])('%s contains %s: %s', (cidr, address, expected) => {
  expect(cidrContains(cidr, address)).toBe(expected);
});

test('a prefix has a network, a first and a last address', () => {
  expect(networkOf('10.1.2.3/20')).toBe('10.1.0.0/20');
  expect(cidrBounds('10.1.2.3/20')).toEqual({ first: '10.1.0.0', last: '10.1.15.255' });
  expect(parseCidr('10.0.0.0/a')).toBeUndefined();
});

test('addresses can be counted, within their family', () => {
  expect(addToIp('10.0.0.255', 1)).toBe('10.0.1.0');
  expect(addToIp('255.255.255.255', 1)).toBeUndefined();
  expect(addToIp('0.0.0.0', -1)).toBeUndefined();
});

test('names for reverse look-ups', () => {
  expect(reverseName('10.244.1.7')).toBe('7.1.244.10.in-addr.arpa.');
  expect(reverseName('fd00::1')).toMatch(/^1(\.0){29}\.d\.f\.ip6\.arpa\.$/);
});
