import type { AgentContext, NodeAgent } from '../agent.ts';
import { familiesOf } from '../kube-proxy/read-config.ts';
import { viewCluster } from './cluster-view.ts';
import { enforcesPolicies } from './enforces-policies.ts';
import { syncPolicies as syncIptables } from './iptables/sync-policies.ts';
import { syncPolicies as syncNftables } from './nftables/sync-policies.ts';
import { planNode } from './plan-node.ts';
import { changesRules } from './policy-changes.ts';
import type { PolicyRound } from './policy-round.ts';

/** The one key: a node's rules are written together. */
const SYNC = 'sync';

/** One round on a node that is awake, in the mode that the cluster's options name. */
function sync(context: AgentContext): void {
  const { node, options, store, now } = context;
  const namespace = context.network.namespaces[node];
  if (!namespace || namespace.isDormant || !enforcesPolicies({ store, options }, node)) return;
  const view = viewCluster(store);
  const round: PolicyRound = {
    view,
    plan: planNode(view, node),
    families: familiesOf(options),
    now,
  };
  switch (options.proxyMode) {
    case 'iptables':
      syncIptables(namespace, round);
      return;
    case 'nftables':
      syncNftables(namespace, round);
      return;
  }
}

/**
 * The policy agent: policies of all kinds become rules of its node's network namespace. It writes nothing on a node where no
 * policy selects a pod.
 *
 * A pod's address is in its status as soon as it has one, and its first container starts some 40 ms later: its rules stand
 * before that, 2 ms after the status. NetworkPolicy asks for no less ("isolated before they are started"). Calico's Felix hears
 * of a pod from the CNI plug-in itself; kube-router waits for the status as this agent does, and for a round that may take
 * seconds, in which a new pod has no rules. A pod that ends keeps its rules until its containers have ended.
 *
 * On a dormant node nothing is noted and nothing written: what the store holds when somebody comes is all that the rules
 * depend on.
 */
export const policyAgent: NodeAgent = {
  name: 'policy-agent',
  isForgetful: true,
  sleepsWithNode: true,
  nodesOf: (change, store) => (changesRules(change, store) ? 'all' : []),
  keysOf(change, node, store) {
    // An agent that starts may find rules of policies that are no more.
    const isStart = change.object.kind === 'Node' && change.object.metadata.name === node;
    return isStart || changesRules(change, store) ? [SYNC] : [];
  },
  reconcile(_key, context) {
    sync(context);
  },
  onWake: sync,
  onStop({ network, node, environment }) {
    const namespace = network.namespaces[node];
    if (namespace?.isDormant) environment.wake?.(namespace);
  },
};
