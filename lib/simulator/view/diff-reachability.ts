import { formatIp, parseIp, type IpVersion } from '../base/ip.ts';
import type { AddressRange } from '../policy/engine/address-ranges.ts';
import { portsWithMore, type CountedPairs } from '../policy/reachability/compare-shares.ts';
import { countPairs, placeGroup, type PlacedGroups } from '../policy/reachability/count-pairs.ts';
import { admitsNothing, textOfPorts } from '../policy/reachability/port-verdicts.ts';
import { textOfRange } from '../policy/reachability/text-of-range.ts';
import type { ClusterReachability, OutsideRanges } from './read-reachability.ts';
import type { ReachabilityDifference } from './reachability-picture.ts';

/** An end as it was and as it is; a workload may be new or gone. */
interface ComparedEnd {
  readonly id: string;
  readonly isOutside: boolean;
  readonly before?: PlacedGroups;
  readonly after?: PlacedGroups;
}

function compareWorkloads(before: ClusterReachability, after: ClusterReachability): ComparedEnd[] {
  const place = (read: ClusterReachability) =>
    new Map(
      read.workloads.map(({ id, pods }) => [
        id,
        placeGroup(read.reachability, { group: 'pods', pods }),
      ]),
    );
  const [old, now] = [place(before), place(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().map((id) => {
    const [was, is] = [old.get(id), now.get(id)];
    return { id, isOutside: false, ...(was && { before: was }), ...(is && { after: is }) };
  });
}

/** A range as numbers, with the group that it is of. */
interface Piece {
  readonly family: IpVersion;
  readonly first: bigint;
  readonly last: bigint;
  readonly sets: string;
}

const piecesOf = (outside: readonly OutsideRanges[]): Piece[] =>
  outside.flatMap(({ sets, ranges }) =>
    ranges.flatMap((range) => {
      const [first, last] = [parseIp(range.first), parseIp(range.last)];
      return first && last
        ? [{ family: first.version, first: first.value, last: last.value, sets }]
        : [];
    }),
  );

/** Where ranges of both overlap: by the groups that they were and are of. */
function overlaps(before: readonly OutsideRanges[], after: readonly OutsideRanges[]) {
  const found = new Map<string, { was: string; is: string; ranges: AddressRange[] }>();
  const now = piecesOf(after);
  for (const { family, first, last, sets: was } of piecesOf(before)) {
    for (const other of now) {
      const from = first > other.first ? first : other.first;
      const to = last < other.last ? last : other.last;
      if (other.family !== family || from > to) continue;
      const key = `${was} > ${other.sets}`;
      const group = found.get(key) ?? { was, is: other.sets, ranges: [] };
      group.ranges.push({
        first: formatIp({ version: family, value: from }),
        last: formatIp({ version: family, value: to }),
      });
      found.set(key, group);
    }
  }
  return [...found.values()];
}

function compareOutside(before: ClusterReachability, after: ClusterReachability): ComparedEnd[] {
  const groups = overlaps(before.outside, after.outside);
  return groups.map(({ was, is, ranges }) => ({
    id: groups.length === 1 ? 'outside' : ranges.map(textOfRange).join(' '),
    isOutside: true,
    before: placeGroup(before.reachability, { group: 'outside', sets: was }),
    after: placeGroup(after.reachability, { group: 'outside', sets: is }),
  }));
}

const NO_PAIRS = { byPorts: new Map<number, number>(), pairs: 0, selves: 0 };

function counted(
  { reachability }: ClusterReachability,
  from: PlacedGroups | undefined,
  to: PlacedGroups | undefined,
): CountedPairs {
  const count = from && to ? countPairs(reachability, from, to) : NO_PAIRS;
  return { table: reachability.ports, count };
}

/**
 * Pairs that gained or lost ports from one state of a cluster to another, by workloads and ranges outside. Where pods of a
 * workload differ, a port counts when a larger or smaller share of their pairs gets through.
 */
export function diffReachability(
  before: ClusterReachability,
  after: ClusterReachability,
): ReachabilityDifference[] {
  const ends = [...compareWorkloads(before, after), ...compareOutside(before, after)];
  return ends.flatMap((from) =>
    ends.flatMap((to): ReachabilityDifference[] => {
      if (from.isOutside && to.isOutside) return [];
      const was = counted(before, from.before, to.before);
      const is = counted(after, from.after, to.after);
      return (['gained', 'lost'] as const).flatMap((change) => {
        const ports = change === 'gained' ? portsWithMore(is, was) : portsWithMore(was, is);
        if (admitsNothing(ports)) return [];
        return [{ change, from: from.id, to: to.id, ports: textOfPorts(ports) }];
      });
    }),
  );
}
