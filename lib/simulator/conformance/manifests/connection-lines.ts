import { cidrBounds } from '../../base/cidr.ts';
import { addToIp, ipv4Number } from '../../base/ip.ts';
import type { Direction, NormalPolicy } from '../../policy/normal-policy.ts';
import type { PolicyProtocol } from '../../policy/policy-protocol.ts';
import {
  computeReachability,
  portsBetween,
  type FamilyReachability,
  type Reachability,
} from '../../policy/reachability/compute-reachability.ts';
import { portsAt } from '../../policy/reachability/port-table.ts';
import {
  admitsEverything,
  admitsNothing,
  type PortRun,
  type PortVerdicts,
} from '../../policy/reachability/port-verdicts.ts';
import { policyEngineOf } from '../../view/policy-engine-of.ts';
import type { Cluster } from '../../cluster.ts';

/** Who reaches whom on what, as analyses of manifests say it. */
export interface ConnectionLine {
  readonly src: string;
  readonly dst: string;
  /** `All Connections`, or `TCP 80,8000-8010,UDP 53`. */
  readonly allowed: string;
}

const PROTOCOLS: readonly PolicyProtocol[] = ['SCTP', 'TCP', 'UDP'];

const textOfRun = ({ first, last }: PortRun) => (first === last ? `${first}` : `${first}-${last}`);

/** What is admitted for certain. */
function textOf(verdicts: PortVerdicts): string {
  if (admitsEverything(verdicts)) return 'All Connections';
  const parts = PROTOCOLS.map((protocol) => ({
    protocol,
    runs: verdicts[protocol].filter(({ outcome }) => outcome === 'admitted'),
  })).filter(({ runs }) => runs.length > 0);
  return parts.map(({ protocol, runs }) => `${protocol} ${runs.map(textOfRun).join()}`).join();
}

interface Range {
  readonly first: string;
  readonly last: string;
}

/** One end in the reachability: its name in a line, and its class. */
interface NamedEnd {
  readonly name: string;
  readonly class: number;
}

const LAST_ADDRESS = 2 ** 32;

/** Where the prefixes that a direction's rules name begin, and where they are over. */
function edgesOf(policies: readonly NormalPolicy[], direction: Direction): number[] {
  return policies
    .flatMap((policy) => policy[direction])
    .flatMap(({ peers = [] }) => peers)
    .flatMap((peer) => (peer.peer === 'networks' ? [...peer.cidrs, ...peer.except] : []))
    .flatMap((cidr) => {
      const bounds = cidrBounds(cidr);
      const first = ipv4Number(bounds?.first ?? '');
      const last = ipv4Number(bounds?.last ?? '');
      return first === undefined || last === undefined ? [] : [first >>> 0, (last >>> 0) + 1];
    });
}

/** All addresses, cut at the prefixes that the rules of one direction name. */
function rangesOf(policies: readonly NormalPolicy[], direction: Direction): Range[] {
  const starts = [...new Set([0, ...edgesOf(policies, direction)])]
    .filter((start) => start < LAST_ADDRESS)
    .sort((a, b) => a - b);
  const text = (value: number) => addToIp('0.0.0.0', value) ?? '';
  return starts.map((start, index) => ({
    first: text(start),
    last: text((starts[index + 1] ?? LAST_ADDRESS) - 1),
  }));
}

const isWithin = ({ first, last }: Range, address: number) =>
  (ipv4Number(first) ?? 0) >>> 0 <= address && address <= (ipv4Number(last) ?? 0) >>> 0;

function outsideEnds(
  { ends: { classes } }: FamilyReachability,
  ranges: readonly Range[],
): NamedEnd[] {
  return ranges.flatMap((range) => {
    const address = (ipv4Number(range.first) ?? 0) >>> 0;
    const found = classes.findIndex(
      ({ kind, ranges: own }) => kind === 'outside' && own.some((each) => isWithin(each, address)),
    );
    return found < 0 ? [] : [{ name: `${range.first}-${range.last}[External]`, class: found }];
  });
}

/** Pods by the workload that they belong to: one of each, since replicas are alike. */
function workloadEnds(
  { source }: Reachability,
  { ends }: FamilyReachability,
  owners: ReadonlyMap<string, string>,
): NamedEnd[] {
  const found = new Map<string, number>();
  source.world.pods.forEach(({ key }, index) => {
    const owner = owners.get(key);
    const number = ends.ofPod[index] ?? -1;
    if (owner !== undefined && number >= 0 && !found.has(owner)) found.set(owner, number);
  });
  return [...found].map(([name, number]) => ({ name, class: number }));
}

function linesBetween(
  reachability: Reachability,
  family: FamilyReachability,
  sources: readonly NamedEnd[],
  destinations: readonly NamedEnd[],
): ConnectionLine[] {
  return sources.flatMap((from) =>
    destinations.flatMap((to): ConnectionLine[] => {
      if (from.name === to.name) return [];
      const number = portsBetween(reachability, family, from.class, to.class);
      const ports = portsAt(reachability.ports, number);
      return admitsNothing(ports) ? [] : [{ src: from.name, dst: to.name, allowed: textOf(ports) }];
    }),
  );
}

export interface LineQuestion {
  /** Pod → workload; pods that are not in it are left out. */
  readonly owners: ReadonlyMap<string, string>;
  /** Pod → addresses that the manifests give it. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** Whether addresses outside are asked about. */
  readonly hasOutside: boolean;
}

/**
 * Every allowed connection among workloads, and between them and addresses outside, from the classes of `reachability`.
 * Manifests do not say which addresses pods will get: blocks of addresses are about the outside, and find no pods but those
 * whose addresses are said.
 */
export function connectionLines(
  cluster: Cluster,
  { owners, addresses, hasOutside }: LineQuestion,
): ConnectionLine[] {
  const present = policyEngineOf(cluster);
  const pods = present.world.pods.map((pod) => ({
    ...pod,
    addresses: addresses.get(pod.key) ?? [],
  }));
  const engine = present.withWorld({ ...present.world, pods });
  const reachability = computeReachability(engine);
  const family = reachability.families.find(({ ends }) => ends.family === 4);
  if (!family) return [];
  const { policies } = engine.world;
  const workloads = workloadEnds(reachability, family, owners);
  const outside = (direction: Direction) =>
    hasOutside ? outsideEnds(family, rangesOf(policies, direction)) : [];
  return [
    ...linesBetween(reachability, family, workloads, workloads),
    ...linesBetween(reachability, family, outside('ingress'), workloads),
    ...linesBetween(reachability, family, workloads, outside('egress')),
  ];
}
