import type { CniName } from '../../cluster-options.ts';
import type { NodeAgent } from '../agent.ts';
import { bird } from './bgp.ts';
import { routedCni } from './routed.ts';
import { vxlanCni } from './vxlan.ts';

/** A pod network, as an installer would choose one. */
export interface CniDescription {
  /** What joins the nodes' pod ranges. */
  readonly agent: NodeAgent;
  /** Whether its agents make rules of NetworkPolicies: Calico's Felix does, flannel has nobody who would. */
  readonly enforcesPolicies: boolean;
}

/** Every pod network by its name in the options of a cluster. */
export const CNIS: Readonly<Record<CniName, CniDescription>> = {
  routed: { agent: routedCni, enforcesPolicies: false },
  vxlan: { agent: vxlanCni, enforcesPolicies: false },
  bgp: { agent: bird, enforcesPolicies: true },
};
