import { expect, test } from 'vitest';
import { addEntry, createConntrackTable } from '../conntrack.ts';
import type { SctpChunk } from '../../packet/sctp.ts';
import { nextSctpState, updateSctp } from './sctp-state.ts';

const cookie = { peerTag: 1, peerTsn: 1, ownTag: 2, ownTsn: 2 };

// Raw packets through a router on Linux 6.18, read back with ctnetlink.
test.each([
  ['the four-way handshake', 'original', undefined, 'INIT', 'CLOSED'],
  ['the answer to INIT', 'reply', 'CLOSED', 'INIT ACK', 'COOKIE_WAIT'],
  ['the cookie comes back', 'original', 'COOKIE_WAIT', 'COOKIE ECHO', 'COOKIE_ECHOED'],
  ['the association stands', 'reply', 'COOKIE_ECHOED', 'COOKIE ACK', 'ESTABLISHED'],
  ['data changes nothing', 'original', 'ESTABLISHED', 'DATA', 'ESTABLISHED'],
  ['the first side ends', 'original', 'ESTABLISHED', 'SHUTDOWN', 'SHUTDOWN_SENT'],
  ['the second side ends', 'reply', 'ESTABLISHED', 'SHUTDOWN', 'SHUTDOWN_RECD'],
  ['the end is answered', 'reply', 'SHUTDOWN_SENT', 'SHUTDOWN ACK', 'SHUTDOWN_ACK_SENT'],
  ['the end is complete', 'original', 'SHUTDOWN_ACK_SENT', 'SHUTDOWN COMPLETE', 'CLOSED'],
  ['an ABORT', 'reply', 'COOKIE_WAIT', 'ABORT', 'CLOSED'],
  ['a heartbeat begins', 'original', undefined, 'HEARTBEAT', 'HEARTBEAT_SENT'],
  ['a heartbeat is answered', 'reply', 'HEARTBEAT_SENT', 'HEARTBEAT ACK', 'ESTABLISHED'],
  ['DATA begins nothing', 'original', undefined, 'DATA', undefined],
  ['COOKIE ECHO begins nothing', 'original', undefined, 'COOKIE ECHO', undefined],
  ['an error kills an echoed cookie', 'reply', 'COOKIE_ECHOED', 'ERROR', 'CLOSED'],
] as const)('%s', (_, direction, state, chunk, expected) => {
  expect(nextSctpState(state, direction, chunk)).toBe(expected);
});

const flow = {
  protocol: 'sctp',
  source: { address: '10.0.0.1', port: 4000 },
  destination: { address: '10.0.0.2', port: 9 },
} as const;
const packet = (verificationTag: number, chunk: SctpChunk) => ({
  protocol: 'sctp' as const,
  sourcePort: 4000,
  destinationPort: 9,
  verificationTag,
  chunk,
});

test('packets with another verification tag belong to no connection', () => {
  const entry = addEntry(createConntrackTable(), flow, 0)!;
  expect(updateSctp(entry, 'original', packet(0, { type: 'INIT', tag: 1, tsn: 1 }))).toBe('ok');
  const initAck = { type: 'INIT ACK', tag: 2, tsn: 1, cookie } as const;
  expect(updateSctp(entry, 'reply', packet(7, initAck))).toBe('invalid');
  expect(updateSctp(entry, 'reply', packet(1, initAck))).toBe('ok');
  expect(updateSctp(entry, 'original', packet(1, { type: 'COOKIE ECHO', cookie }))).toBe('invalid');
  expect(updateSctp(entry, 'original', packet(2, { type: 'COOKIE ECHO', cookie }))).toBe('ok');
  expect(entry.isAssured).toBe(false);
  expect(updateSctp(entry, 'reply', packet(1, { type: 'COOKIE ACK' }))).toBe('ok');
  expect([entry.sctpState, entry.isAssured]).toEqual(['ESTABLISHED', true]);
  // The T bit: the tag of the other direction.
  expect(updateSctp(entry, 'reply', packet(2, { type: 'ABORT', isReflected: true }))).toBe('ok');
  expect(entry.sctpState).toBe('CLOSED');
});
