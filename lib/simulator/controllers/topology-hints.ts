import type { Node } from '../api/core/node.ts';
import type { Service } from '../api/core/service.ts';
import type { Endpoint, EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { isSameJson } from '../base/same-json.ts';
import {
  allocateEndpoints,
  planExchange,
  type Allocations,
  type Exchange,
} from './zone-allocation.ts';
import { hintedZones, isEndpointReady, zoneSharesOf, type ZoneShares } from './zone-shares.ts';

const ANNOTATION = 'service.kubernetes.io/topology-mode';
const OLDER_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';

/** Whether a Service asks for hints that share its endpoints out by the CPU of zones; the older annotation goes first. */
export function asksForTopologyHints({ metadata: { annotations = {} } }: Service): boolean {
  const value = annotations[OLDER_ANNOTATION] ?? annotations[ANNOTATION];
  return value === 'Auto' || value === 'auto';
}

/** What is told about a Service. */
export interface TopologyEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'TopologyAwareHintsEnabled' | 'TopologyAwareHintsDisabled';
  readonly message: string;
}

type Family = EndpointSlice['addressType'];

const enabled = (family: Family): TopologyEvent => ({
  type: 'Normal',
  reason: 'TopologyAwareHintsEnabled',
  message: `Topology Aware Hints has been enabled, addressType: ${family}`,
});

/** A family's hints are gone, and why. */
export const disabled = (
  family: Family,
  why = 'Topology Aware Hints has been disabled',
): TopologyEvent => ({
  type: 'Warning',
  reason: 'TopologyAwareHintsDisabled',
  message: `${why}, addressType: ${family}`,
});

function withoutHints(endpoint: Endpoint): Endpoint {
  const { hints, ...rest } = endpoint;
  return hints === undefined ? endpoint : rest;
}

const withZone = (endpoint: Endpoint, zone: string): Endpoint => ({
  ...endpoint,
  hints: { forZones: [{ name: zone }] },
});

/** Whether hints that are there may stay: all ready endpoints have some, and no zone more than it should (getHintsByZone). */
function mayStay(
  slice: EndpointSlice,
  hinted: ReadonlyMap<string, number>,
  allocations: Allocations,
): boolean {
  const ready = slice.endpoints.filter(isEndpointReady);
  if (!ready.every(({ hints }) => (hints?.forZones ?? []).length > 0)) return false;
  return [...hintedZones([slice])].every(([zone, count]) => {
    const allocation = allocations.get(zone);
    return allocation !== undefined && count + (hinted.get(zone) ?? 0) <= allocation.maximum;
  });
}

/** Every zone for itself, and then what was planned goes from zone to zone (redistributeHints). */
function shareOut(slice: EndpointSlice, { giving, receiving }: Exchange): EndpointSlice {
  const take = (counts: Map<string, number>, zone: string) => {
    const left = (counts.get(zone) ?? 0) - 1;
    if (left > 0) counts.set(zone, left);
    else counts.delete(zone);
  };
  const endpoints = slice.endpoints.map((endpoint) => {
    const { zone = '' } = endpoint;
    if (!isEndpointReady(endpoint)) return withoutHints(endpoint);
    const [receiver] = receiving.keys();
    if (!giving.has(zone) || receiver === undefined) return withZone(endpoint, zone);
    take(giving, zone);
    take(receiving, receiver);
    return withZone(endpoint, receiver);
  });
  return { ...slice, endpoints };
}

interface Hinted {
  readonly slices: readonly EndpointSlice[];
  /** Why there are no hints; absent: there are. */
  readonly refusal?: string;
}

/** The existing slice that says the same but for hints: upstream leaves it as it is. */
function unchangedOf(
  draft: EndpointSlice,
  existing: readonly EndpointSlice[],
): EndpointSlice | undefined {
  const bare = draft.endpoints.map(withoutHints);
  return existing.find(
    (slice) =>
      slice.addressType === draft.addressType &&
      isSameJson(slice.ports ?? [], draft.ports ?? []) &&
      isSameJson(slice.endpoints.map(withoutHints), bare),
  );
}

/** TopologyCache.AddHints, for the slices of one family. */
function hintFamily(
  drafts: readonly EndpointSlice[],
  existing: readonly EndpointSlice[],
  shares: ZoneShares | undefined,
): Hinted {
  const bare = drafts.map((slice) => ({ ...slice, endpoints: slice.endpoints.map(withoutHints) }));
  const ready = bare.flatMap(({ endpoints }) => endpoints).filter(isEndpointReady);
  const allocations = allocateEndpoints(shares, ready.length);
  if ('refusal' in allocations) return { slices: bare, refusal: allocations.refusal };
  const hinted = new Map<string, number>();
  const kept = bare.map((draft) => {
    const slice = unchangedOf(draft, existing);
    if (!slice || !mayStay(slice, hinted, allocations)) return undefined;
    for (const [zone, count] of hintedZones([slice]))
      hinted.set(zone, (hinted.get(zone) ?? 0) + count);
    return { ...draft, endpoints: slice.endpoints };
  });
  const open = bare.filter((_, index) => kept[index] === undefined);
  for (const endpoint of open.flatMap(({ endpoints }) => endpoints).filter(isEndpointReady)) {
    const { zone } = endpoint;
    if (!zone)
      return { slices: bare, refusal: 'One or more endpoints do not have a zone specified' };
    hinted.set(zone, (hinted.get(zone) ?? 0) + 1);
  }
  const exchange = planExchange(allocations, hinted);
  return { slices: bare.map((draft, index) => kept[index] ?? shareOut(draft, exchange)) };
}

/**
 * The drafts of a Service's slices with hints by the CPU of zones, and what is to be told. Where they cannot be given there
 * are none: kube-proxy then sends to all endpoints. `existing` are the slices as they are: hints that are good enough stay.
 * Source: endpointslice/topologycache (KEP-2433).
 *
 * Simplified: a Service whose slices have hints of zones counts as one that had these; the real controller remembers which
 * hints were its own, and learns of a node's CPU with the next change of readiness or zone.
 */
export function addTopologyHints(
  drafts: readonly EndpointSlice[],
  existing: readonly EndpointSlice[],
  nodes: readonly Node[],
): { readonly slices: readonly EndpointSlice[]; readonly events: readonly TopologyEvent[] } {
  const shares = zoneSharesOf(nodes);
  const families = [...new Set(drafts.map(({ addressType }) => addressType))];
  const events: TopologyEvent[] = [];
  let isOn = hintedZones(existing).size > 0;
  const slices = families.flatMap((family) => {
    const ofFamily = drafts.filter(({ addressType }) => addressType === family);
    const { slices: made, refusal } = hintFamily(ofFamily, existing, shares);
    if (refusal !== undefined) events.push(disabled(family, refusal));
    else if (!isOn) events.push(enabled(family));
    isOn = refusal === undefined;
    return made;
  });
  return { slices, events };
}
