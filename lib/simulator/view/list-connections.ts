import type { AddressRange } from '../policy/engine/address-ranges.ts';
import {
  countPairs,
  placeGroup,
  type EndGroup,
  type PlacedGroups,
} from '../policy/reachability/count-pairs.ts';
import { portsAt } from '../policy/reachability/port-table.ts';
import {
  admitsNothing,
  joinVerdicts,
  NO_PORT,
  type PortVerdicts,
} from '../policy/reachability/port-verdicts.ts';
import type { ClusterReachability } from './read-reachability.ts';

/** A workload, or addresses outside. */
export type ConnectionEnd =
  | { readonly end: 'workload'; readonly id: string }
  | { readonly end: 'outside'; readonly ranges: readonly AddressRange[] };

/** What passes from one end to another: every port that some pair of pods may use. */
export interface ListedConnection {
  readonly from: ConnectionEnd;
  readonly to: ConnectionEnd;
  readonly ports: PortVerdicts;
}

interface PlacedEnd {
  readonly end: ConnectionEnd;
  readonly placed: PlacedGroups;
}

function endsOf({ reachability, workloads, outside }: ClusterReachability): PlacedEnd[] {
  const place = (group: EndGroup) => placeGroup(reachability, group);
  return [
    ...workloads.map(({ id, pods }) => ({
      end: { end: 'workload' as const, id },
      placed: place({ group: 'pods', pods }),
    })),
    ...outside.map(({ sets, ranges }) => ({
      end: { end: 'outside' as const, ranges },
      placed: place({ group: 'outside', sets }),
    })),
  ];
}

/** All pairs of workloads, and of a workload and the outside, between which anything passes; no workload with itself. */
export function listConnections(read: ClusterReachability): ListedConnection[] {
  const { reachability } = read;
  const ends = endsOf(read);
  return ends.flatMap((from) =>
    ends.flatMap((to): ListedConnection[] => {
      if (from === to || (from.end.end === 'outside' && to.end.end === 'outside')) return [];
      const { byPorts } = countPairs(reachability, from.placed, to.placed);
      const ports = [...byPorts.keys()]
        .map((number) => portsAt(reachability.ports, number))
        .reduce(joinVerdicts, NO_PORT);
      return admitsNothing(ports) ? [] : [{ from: from.end, to: to.end, ports }];
    }),
  );
}
