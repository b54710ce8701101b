import {
  lastTrace,
  promptOf,
  viewObjects,
  viewTopology,
  formatClusterTime,
  type Sandbox,
} from '#lib/simulator/page.ts';
import type { tellStory } from '#lib/simulator/story.ts';
import type { SandboxView, ShownTrace } from './protocol.ts';

/** Tells steps as hops. A page loads it when packets have been sent. */
export type TellStory = typeof tellStory;

/** A trace with its hops in words; undefined when the cluster has forgotten it. */
export function showTrace(sandbox: Sandbox, id: string, tell: TellStory): ShownTrace | undefined {
  const trace = sandbox.cluster.trace(id);
  if (!trace) return undefined;
  return {
    id,
    title: trace.title,
    disposition: trace.disposition,
    hops: tell(trace.steps),
  };
}

const CNI_NAMES: Readonly<Record<Sandbox['cluster']['options']['cni'], string>> = {
  routed: 'bridge, routed',
  vxlan: 'bridge, VXLAN',
  bgp: 'no bridge, routes by BGP',
};

/**
 * All that a page draws of a sandbox: derived data, safe to send across a worker's border. Without `tell` nothing was sent
 * yet, and no trace is shown.
 */
export function showSandbox(sandbox: Sandbox, actionCount: number, tell?: TellStory): SandboxView {
  const { cluster, terminal } = sandbox;
  const { nodes, proxyMode, cni, kubernetesVersion, networkPolicies } = cluster.options;
  const traceId = lastTrace(sandbox);
  const trace = traceId === undefined || !tell ? undefined : showTrace(sandbox, traceId, tell);
  return {
    topology: viewTopology(cluster),
    objects: viewObjects(cluster),
    summary: `${nodes.length} nodes · ${CNI_NAMES[cni]} · kube-proxy ${proxyMode} · Kubernetes ${kubernetesVersion}${networkPolicies === 'enforced' ? ' · policies enforced' : ''}`,
    now: formatClusterTime(cluster.now),
    prompt: promptOf(terminal),
    isRunning: terminal.foreground !== undefined,
    ...(terminal.jobs.length > 0 ? { hasJobs: true as const } : {}),
    ...(trace ? { lastTrace: trace } : {}),
    actionCount,
  };
}
