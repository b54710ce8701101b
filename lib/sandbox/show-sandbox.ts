import {
  tellStory,
  lastTrace,
  promptOf,
  viewObjects,
  viewTopology,
  formatClusterTime,
  type Sandbox,
} from '#lib/simulator/page.ts';
import type { SandboxView, ShownTrace } from './protocol.ts';

/** A trace with its hops in words; undefined when the cluster has forgotten it. */
export function showTrace(sandbox: Sandbox, id: string): ShownTrace | undefined {
  const trace = sandbox.cluster.trace(id);
  if (!trace) return undefined;
  return {
    id,
    title: trace.title,
    disposition: trace.disposition,
    hops: tellStory(trace.steps),
  };
}

const CNI_NAMES: Readonly<Record<Sandbox['cluster']['options']['cni'], string>> = {
  routed: 'bridge, routed',
  vxlan: 'bridge, VXLAN',
  bgp: 'no bridge, routes by BGP',
};

/** All that a page draws of a sandbox: derived data, safe to send across a worker's border. */
export function showSandbox(sandbox: Sandbox, actionCount: number): SandboxView {
  const { cluster, terminal } = sandbox;
  const { nodes, proxyMode, cni, kubernetesVersion, networkPolicies } = cluster.options;
  const traceId = lastTrace(sandbox);
  const trace = traceId === undefined ? undefined : showTrace(sandbox, traceId);
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
