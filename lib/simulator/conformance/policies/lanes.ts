import type { Cluster } from '../../cluster.ts';
import type { ProxyMode } from '../../cluster-options.ts';
import { Tally, type SuiteResult } from '../suite.ts';
import { openCluster } from './open-cluster.ts';
import type { PlannedCluster } from './planned-cluster.ts';

/** One way of making rules of policies, and where its answers are counted. */
export interface Lane {
  readonly proxyMode: ProxyMode;
  readonly tally: Tally;
  /** Of pods that ask themselves. */
  readonly itself: Tally;
}

/** How a table's cases are run. */
export interface LaneRun<Case> {
  readonly cases: readonly Case[];
  readonly nameOf: (each: Case) => string;
  readonly run: (each: Case, lane: Lane) => void;
  /** One case in so many is tried with rules of nftables too; absent: every one. */
  readonly nftablesShare?: number;
}

const REACHES_ITSELF = 'a pod reaches itself';
const BY_NFTABLES = 'by rules of nftables';

const iptablesLane = (tally: Tally): Lane => ({
  proxyMode: 'iptables',
  tally,
  itself: tally.apartAs(REACHES_ITSELF),
});

/** The share stands in the name, so that nobody takes the count for that of all cases. */
function nftablesLane(tally: Tally, share: number): Lane {
  const name = share === 1 ? BY_NFTABLES : `${BY_NFTABLES}, one case in ${share}`;
  return {
    proxyMode: 'nftables',
    tally: tally.apartAs(name),
    itself: tally.apartAs(`${REACHES_ITSELF}, ${name}`),
  };
}

/** Runs every case with rules of iptables, which count for the table, and with those of nftables, which are counted apart. */
export function runInLanes<Case>({
  cases,
  nameOf,
  run,
  nftablesShare = 1,
}: LaneRun<Case>): SuiteResult {
  const tally = new Tally();
  for (const [index, each] of cases.entries()) {
    const lanes = [iptablesLane(tally)];
    if (index % nftablesShare === 0) lanes.push(nftablesLane(tally, nftablesShare));
    for (const lane of lanes) lane.tally.guard(nameOf(each), () => run(each, lane));
  }
  return tally.result();
}

/** The cluster of a case; undefined, and the case is skipped with the reason, when no cluster of ours can have its pods. */
export function openInLane(
  plan: PlannedCluster,
  { proxyMode, tally }: Lane,
  name: string,
): Cluster | undefined {
  const cluster = openCluster(plan, proxyMode);
  if (!cluster) {
    const reason = 'addresses that are too far apart for one range';
    tally.skip({ case: name, probe: 'pods' }, reason);
  }
  return cluster;
}
