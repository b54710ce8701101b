import { fewestOf, type ZoneShares } from './zone-shares.ts';

/** How many endpoints a zone should have. */
export interface Allocation {
  readonly minimum: number;
  readonly maximum: number;
  readonly desired: number;
}

export type Allocations = ReadonlyMap<string, Allocation>;

/** Messages of endpointslice/topologycache/event.go. */
const TOO_LITTLE_KNOWN =
  'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
const TOO_FEW = 'Insufficient number of endpoints';
const TOO_UNEVEN =
  'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold';

/** What each zone should have of `endpoints`, or why they cannot be shared out (TopologyCache.getAllocations). */
export function allocateEndpoints(
  shares: ZoneShares | undefined,
  endpoints: number,
): Allocations | { readonly refusal: string } {
  if (!shares) return { refusal: TOO_LITTLE_KNOWN };
  const counts = `(${endpoints} endpoints, ${shares.size} zones)`;
  if (shares.size > endpoints) return { refusal: `${TOO_FEW} ${counts}` };
  const minimums = [...shares].map(([zone, share]) => ({
    zone,
    minimum: fewestOf(share, endpoints),
    desired: share * endpoints,
  }));
  const spare = endpoints - minimums.reduce((sum, { minimum }) => sum + minimum, 0);
  if (spare < 0) return { refusal: `${TOO_UNEVEN} ${counts}` };
  return new Map(
    minimums.map(({ zone, minimum, desired }) => [
      zone,
      { minimum, maximum: minimum + spare, desired: Math.max(desired, minimum) },
    ]),
  );
}

/** The zone with the most; the first by name among equals, where upstream takes any. */
function most(zones: ReadonlyMap<string, number>): readonly [zone: string, amount: number] {
  return [...zones].reduce<readonly [string, number]>(
    (best, each) => (each[1] > best[1] ? each : best),
    ['', 0],
  );
}

/** Endpoints that zones give away, and that others take: as many in all. */
export interface Exchange {
  readonly giving: Map<string, number>;
  readonly receiving: Map<string, number>;
}

const add = (counts: Map<string, number>, zone: string, amount: number) =>
  counts.set(zone, (counts.get(zone) ?? 0) + amount);

/** Who gives how many endpoints, and who takes them (getGivingAndReceivingZones). */
export function planExchange(
  allocations: Allocations,
  hinted: ReadonlyMap<string, number>,
): Exchange {
  const surplus = new Map<string, number>();
  const need = new Map<string, number>();
  for (const [zone, { desired }] of allocations) {
    const more = (hinted.get(zone) ?? 0) - desired;
    if (more > 0) surplus.set(zone, more);
    else if (more < 0) need.set(zone, -more);
  }
  const exchange: Exchange = { giving: new Map(), receiving: new Map() };
  for (;;) {
    const [giver, toGive] = most(surplus);
    const [receiver, toReceive] = most(need);
    // One whole endpoint on one side at least, and more than half of one on the other.
    const isWorthIt = (toGive >= 1 || toReceive >= 1) && toGive >= 0.5 && toReceive >= 0.5;
    if (giver === '' || receiver === '' || !isWorthIt) return exchange;
    add(exchange.giving, giver, 1);
    add(surplus, giver, -1);
    add(exchange.receiving, receiver, 1);
    add(need, receiver, -1);
  }
}
