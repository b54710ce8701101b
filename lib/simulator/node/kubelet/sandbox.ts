import { podCidrsOf, type Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { SECOND } from '../../base/clock.ts';
import { addPodNetwork, removePodNetwork } from '../cni/pod-network.ts';
import { portMappingsOf } from './port-mappings.ts';
import { podNetworkNamespace } from './container-process.ts';
import { drawLatency } from './latencies.ts';
import { podDns } from './pod-dns.ts';
import { hostnameProblem } from './pod-files.ts';
import type { PodWork } from './pod-runtime.ts';
import { newContainerId } from './run-container.ts';
import { hostAddresses, podAddresses, surroundingsOf } from './start-process.ts';
import { missingVolume } from './volume-files.ts';

/** Until a sandbox or a mount that failed is tried again. Simplified: the kubelet backs off a little longer each time. */
const RETRY = 12 * SECOND;

type Outcome =
  | { readonly ok: true; readonly netns: string; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly message: string };

function setUpNetwork(pod: Pod, id: string, work: PodWork): Outcome {
  const { context, runtime } = work;
  const nameProblem = hostnameProblem(pod, context.node, context.options);
  if (nameProblem !== undefined) {
    const message = `Failed to create pod sandbox: ${nameProblem}`;
    return { ok: false, reason: 'FailedCreatePodSandBox', message };
  }
  if (pod.spec.hostNetwork) {
    return { ok: true, netns: context.node, addresses: hostAddresses(context) };
  }
  const node = context.store.get<Node>('Node', undefined, context.node);
  if (!node?.spec.podCIDR) {
    const message =
      'network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';
    return { ok: false, reason: 'NetworkNotReady', message };
  }
  const netns = podNetworkNamespace(runtime.uid);
  const { namespace, name } = runtime;
  const because = { kind: 'Pod', namespace, name };
  const request = {
    containerId: id,
    netns,
    label: `${namespace}/${name}`,
    because,
    portMappings: portMappingsOf(pod),
  };
  const added = addPodNetwork(podCidrsOf(node), request, context);
  if (added.ok) return { ok: true, netns, addresses: added.addresses };
  const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "${id}": ${added.message}`;
  return { ok: false, reason: 'FailedCreatePodSandBox', message };
}

/** What the pod waits for before it gets a sandbox: a ConfigMap or a Secret that nobody has made. */
const waitsFor = (pod: Pod, work: PodWork) => missingVolume(surroundingsOf(pod, work));

function begin(pod: Pod, work: PodWork): void {
  const { context, runtime } = work;
  const problem = waitsFor(pod, work);
  if (problem !== undefined) {
    context.recordEvent(pod, 'Warning', 'FailedMount', problem);
    runtime.sandbox = { state: 'absent', retryAt: context.now + RETRY };
    work.wakeAt(context.now + RETRY, 'periodic');
    return;
  }
  const host = context.network.machines[context.node]?.files['/etc/resolv.conf'] ?? '';
  for (const text of podDns(pod, host, context.options).problems)
    context.recordEvent(pod, 'Warning', 'DNSConfigForming', text);
  const readyAt = context.now + drawLatency('sandbox', context.random);
  runtime.sandbox = { state: 'creating', readyAt };
  work.wakeAt(readyAt, 'work');
}

function finish(pod: Pod, work: PodWork): void {
  const { context, runtime } = work;
  const id = newContainerId(context.random);
  const outcome = setUpNetwork(pod, id, work);
  if (outcome.ok) {
    const { netns, addresses } = outcome;
    runtime.sandbox = { state: 'ready', id, netns, addresses };
    return;
  }
  context.recordEvent(pod, 'Warning', outcome.reason, outcome.message);
  runtime.sandbox = { state: 'absent', retryAt: context.now + RETRY };
  work.wakeAt(context.now + RETRY, 'periodic');
}

/**
 * Takes the pod's sandbox one step further: volumes, then pause container and network. True when containers may start.
 * `cause` says whether something changed that a failed attempt may have waited for.
 */
export function ensureSandbox(pod: Pod, cause: 'change' | 'timer', work: PodWork): boolean {
  const { runtime, context } = work;
  const { sandbox } = runtime;
  switch (sandbox.state) {
    case 'absent':
      if (context.now >= sandbox.retryAt || (cause === 'change' && canTryNow(pod, work))) {
        begin(pod, work);
      } else work.wakeAt(sandbox.retryAt, 'periodic');
      return false;
    case 'creating':
      if (context.now >= sandbox.readyAt) finish(pod, work);
      else work.wakeAt(sandbox.readyAt, 'work');
      return runtime.sandbox.state === 'ready';
    case 'ready':
      return true;
    case 'released':
      return false;
  }
}

/** What a failed attempt waited for is there now. */
function canTryNow(pod: Pod, work: PodWork): boolean {
  const node = work.context.store.get<Node>('Node', undefined, work.context.node);
  const hasNetwork = pod.spec.hostNetwork === true || node?.spec.podCIDR !== undefined;
  return hasNetwork && waitsFor(pod, work) === undefined;
}

/** CNI DEL: the namespace, its veth pair, its address and its rules go. The addresses stay for the status. */
export function releaseSandbox({ context, runtime }: PodWork): void {
  const { sandbox } = runtime;
  if (sandbox.state === 'ready' && sandbox.netns !== context.node) {
    const { processes } = context.network;
    const ended = Object.values(processes).filter(
      ({ namespace, exitCode }) => namespace === sandbox.netns && exitCode !== undefined,
    );
    const node = context.store.get<Node>('Node', undefined, context.node);
    const request = { containerId: sandbox.id, netns: sandbox.netns };
    removePodNetwork(node ? podCidrsOf(node) : [], request, context);
    // What they printed is still asked for: `kubectl logs` of a pod that has completed.
    for (const process of ended) processes[process.pid] = process;
  }
  runtime.sandbox = { state: 'released', addresses: podAddresses(runtime) };
}
