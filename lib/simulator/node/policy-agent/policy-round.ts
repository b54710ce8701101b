import type { Micros } from '../../base/clock.ts';
import type { IpFamily } from '../kube-proxy/proxy-config.ts';
import type { ClusterView } from './cluster-view.ts';
import type { PlannedPod } from './rule-plan.ts';

/** What one round of a node's policy agent writes, in whatever dialect. */
export interface PolicyRound {
  readonly view: ClusterView;
  /** Empty: everything of the agent's goes. */
  readonly plan: readonly PlannedPod[];
  readonly families: readonly IpFamily[];
  readonly now: Micros;
}
