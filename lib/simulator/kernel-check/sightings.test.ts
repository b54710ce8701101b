import { expect, test } from 'vitest';
import { picksSeen, readSightings } from './sightings.ts';

const LISTING = JSON.stringify({
  nftables: [
    { metainfo: { version: '1.0.6' } },
    {
      set: {
        family: 'ip',
        elem: [
          { concat: ['tcp', '10.244.0.2', 20_001, '10.244.1.3', 8080] },
          { concat: ['udp', '192.168.10.11', 41_000, '10.244.2.9', 53] },
          { concat: ['sctp', '10.244.0.2', 20_002, '10.244.1.3', 8080] },
        ],
      },
    },
  ],
});

const start = {
  protocol: 'tcp',
  sourcePort: 20_001,
  to: { address: '10.96.0.1', port: 80 },
  sources: ['127.0.0.1', '10.244.0.2'],
} as const;

test('where a packet was going is read from the set of nft, for the protocols that are asked', () => {
  const sightings = readSightings(LISTING, 'node-a');
  expect(sightings.map(({ protocol }) => protocol)).toEqual(['tcp', 'udp']);
  expect(sightings[0]).toMatchObject({ namespace: 'node-a', source: { port: 20_001 } });
});

test('an empty set is no sighting', () => {
  expect(readSightings('{"nftables": [{"set": {"family": "ip"}}]}', 'node-a')).toEqual([]);
});

test('a packet that nobody tracked is picked by its source, and only where it was rewritten', () => {
  const sightings = readSightings(LISTING, 'node-a');
  expect(picksSeen([], sightings, start)).toEqual(
    new Map([['node-a', { address: '10.244.1.3', port: 8080 }]]),
  );
  expect(picksSeen([], sightings, { ...start, sources: ['10.244.0.7'] }).size).toBe(0);
  const direct = { ...start, to: { address: '10.244.1.3', port: 8080 } };
  expect(picksSeen([], sightings, direct).size).toBe(0);
});

test('on the next machine it is known by the source that the one before gave it', () => {
  const original = {
    protocol: 'udp' as const,
    source: { address: '10.244.0.2', port: 20_005 },
    destination: { address: '192.168.10.12', port: 30_053 },
  };
  const reply = {
    protocol: 'udp' as const,
    source: { address: '192.168.10.12', port: 30_053 },
    destination: { address: '192.168.10.11', port: 41_000 },
  };
  const picks = picksSeen(
    [{ namespace: 'node-a', original, reply }],
    readSightings(LISTING, 'node-b'),
    { ...start, protocol: 'udp', sourcePort: 20_005, to: original.destination },
  );
  expect(picks).toEqual(new Map([['node-b', { address: '10.244.2.9', port: 53 }]]));
});
