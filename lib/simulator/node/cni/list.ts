import type { CniName } from '../../cluster-options.ts';
import type { NodeAgent } from '../agent.ts';
import { bird } from './bgp.ts';
import { routedCni } from './routed.ts';
import { vxlanCni } from './vxlan.ts';

/** The agent that joins the nodes' pod ranges, by the cluster's choice of network. */
export const CNI_AGENTS: Readonly<Record<CniName, NodeAgent>> = {
  routed: routedCni,
  vxlan: vxlanCni,
  bgp: bird,
};
