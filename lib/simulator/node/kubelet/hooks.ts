import type { Container, LifecycleHandler } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import { SECOND } from '../../base/clock.ts';
import type { HookRun, PodWork } from './pod-runtime.ts';
import { httpHook, startNetworkProbe } from './probe-request.ts';
import { isAlive } from './processes.ts';
import { runInContainer } from './start-process.ts';

/**
 * Begins a postStart or preStop hook: a command in the container, a request from the node, or a pause.
 * Source: pkg/kubelet/lifecycle/handlers.go.
 *
 * Simplified: tcpSocket does nothing (as in a real kubelet, where it is an error).
 */
export function startHook(
  pod: Pod,
  spec: Container,
  kind: 'postStart' | 'preStop',
  handler: LifecycleHandler,
  work: PodWork,
): HookRun {
  if (handler.sleep) {
    return { type: 'sleep', until: work.context.now + handler.sleep.seconds * SECOND };
  }
  const pid = handler.exec?.command
    ? runInContainer(pod, spec, handler.exec.command, `${spec.name} (${kind})`, work)
    : startNetworkProbe(spec, httpHook(spec, handler, work), kind, work);
  return pid === undefined ? { type: 'nothing' } : { type: 'process', pid };
}

/** How far a hook is. An httpGet hook has done well whatever the answer was. */
export function hookResult(hook: HookRun, work: PodWork): 'running' | 'done' | 'failed' {
  switch (hook.type) {
    case 'nothing':
      return 'failed';
    case 'sleep':
      return work.context.now >= hook.until ? 'done' : 'running';
    case 'process': {
      if (isAlive(hook.pid, work)) return 'running';
      return work.context.network.processes[hook.pid]?.exitCode === 0 ? 'done' : 'failed';
    }
  }
}
