import type { PodSession } from '../apiserver/rest-types.ts';
import { containerProcess } from '../node/kubelet/container-process.ts';
import type { Sandbox } from '../scenario/open-sandbox.ts';
import type { ContainerSession } from './container-session.ts';

type AttachSession = Extract<PodSession, { verb: 'attach' }>;

const INTERRUPT = '\u0003';

/**
 * Hangs on to the first process of a container: its output from now on, until it ends. Simplified: what is typed reaches
 * no program but as Ctrl-C.
 */
export function openAttach({ cluster, shell }: Sandbox, session: AttachSession): ContainerSession {
  const { namespace, pod, container } = session;
  const process = containerProcess(cluster.network, cluster.store, namespace, pod, container);
  const pid = process?.pid;
  let printed = process?.output.length ?? 0;
  return {
    write(text) {
      if (session.tty && text.includes(INTERRUPT) && pid !== undefined) shell.interrupt(pid);
    },
    end: () => undefined,
    hangUp: () => undefined,
    poll() {
      if (pid === undefined) {
        const message = `unable to upgrade connection: container ${container} not found in pod ${pod}_${namespace}`;
        return { stdout: '', stderr: '', ending: { type: 'failed', message } };
      }
      const { output, exitCode } = shell.outputOf(pid);
      const stdout = output.slice(printed);
      printed = output.length;
      if (exitCode === undefined) return { stdout, stderr: '' };
      return { stdout, stderr: '', ending: { type: 'exited', exitCode } };
    },
  };
}
