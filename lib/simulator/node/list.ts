import { hasNodeCache, type ClusterOptions } from '../cluster-options.ts';
import type { NodeAgent } from './agent.ts';
import { CNIS } from './cni/list.ts';
import { nodeCache } from './dns-cache/node-cache.ts';
import { kubeProxy } from './kube-proxy/kube-proxy.ts';
import { kubelet } from './kubelet/kubelet.ts';
import { LOAD_BALANCER_AGENTS } from './load-balancer/list.ts';
import { policyAgent } from './policy-agent/policy-agent.ts';

/** The programs on every node of a cluster. */
export const agentsOf = (options: ClusterOptions): readonly NodeAgent[] => [
  kubelet,
  CNIS[options.cni].agent,
  kubeProxy,
  ...LOAD_BALANCER_AGENTS[options.loadBalancer ?? 'none'],
  ...(hasNodeCache(options) ? [nodeCache] : []),
  policyAgent,
];
