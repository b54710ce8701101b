import { SECOND } from '../../base/clock.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Cluster } from '../../cluster.ts';
import type { Tally } from '../suite.ts';
import type { PlannedPort } from './planned-cluster.ts';
import { performAction, type TableAction } from './table-actions.ts';

/** Until controllers and agents have seen a change and written their rules. */
const PROPAGATION = 2 * SECOND;
const START_LIMIT = 60 * SECOND;

const isStill = ({ status, metadata }: Pod) =>
  metadata.deletionTimestamp === undefined && status?.phase === 'Running';

/** Does what a step says, and lets everybody who watches finish. A refusal is a failure of the table's case. */
export function performStep(
  cluster: Cluster,
  actions: readonly TableAction[],
  ports: readonly PlannedPort[],
  about: { readonly case: string; readonly tally: Tally },
): void {
  for (const action of actions) {
    const problem = performAction(cluster, action, ports);
    if (problem === undefined) continue;
    const probe = Object.keys(action).join();
    about.tally.compare({ case: about.case, probe }, 'accepted', problem);
  }
  if (actions.length === 0) return;
  cluster.settle();
  cluster.runUntil(() => cluster.store.list<Pod>('Pod').every(isStill), START_LIMIT);
  cluster.advance(PROPAGATION);
}
