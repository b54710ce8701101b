import type { PodSession } from '../apiserver/rest-types.ts';
import { containerProcess, imageOfContainer } from '../node/kubelet/container-process.ts';
import type { Sandbox } from '../scenario/open-sandbox.ts';
import type { CommandContext, ShellPlace } from '../shell/command.ts';
import { execFailure } from '../shell/exec-failure.ts';
import { createTerminal } from '../shell/terminal.ts';
import { commandSession } from './command-session.ts';
import type { ContainerSession, SessionEnding } from './container-session.ts';
import { shellSession } from './shell-session.ts';

type ExecSession = Extract<PodSession, { verb: 'exec' }>;

const SHELLS: readonly string[] = ['sh', 'bash', 'ash'];
/** Commands that want to see their whole input before they say anything. */
const READERS: readonly string[] = [
  ...[
    'cat',
    'grep',
    'head',
    'tail',
    'wc',
    'sort',
    'uniq',
    'tee',
    'sed',
    'awk',
    'cut',
    'tr',
    'xargs',
  ],
  ...['nc', 'ncat', 'netcat', 'curl', 'iptables-restore', 'ip6tables-restore', 'nft'],
];

const baseName = (path: string) => path.split('/').at(-1) ?? path;

const over = (ending: SessionEnding): ContainerSession => ({
  write: () => undefined,
  end: () => undefined,
  hangUp: () => undefined,
  poll: () => ({ stdout: '', stderr: '', ending }),
});

/**
 * Starts the command of an `exec` in its container, as the page's `kubectl exec` does: in the simulator's shell, where
 * the container stands.
 */
export function openExec(sandbox: Sandbox, session: ExecSession): ContainerSession {
  const { cluster, shell } = sandbox;
  const { namespace, pod, container, command } = session;
  const [name = '', ...args] = command;
  if (!containerProcess(cluster.network, cluster.store, namespace, pod, container)) {
    return over({
      type: 'failed',
      message: `unable to upgrade connection: container not found (${JSON.stringify(container)})`,
    });
  }
  const place: ShellPlace = { type: 'container', namespace, pod, container };
  const terminal = createTerminal('default', {});
  terminal.places.push(place);
  const image = imageOfContainer(cluster.images, cluster.store, namespace, pod, container);
  const isShell = SHELLS.includes(baseName(name));
  const context = (stdin: string): CommandContext => ({
    cluster,
    place,
    namespace: 'default',
    stdin,
    files: terminal.files,
  });
  const found = shell.findCommand(name, context(''));
  if (!found || (isShell && image && !image.commands.includes(baseName(name)))) {
    return over({
      type: 'failed',
      message: execFailure({ namespace, pod, container, command: name, now: cluster.now }),
    });
  }
  if (isShell && args.every((arg) => arg.startsWith('-') && arg !== '-c')) {
    return shellSession(sandbox, terminal, session.tty ? 'tty' : 'pipe');
  }
  const input =
    session.stdin && !session.tty && READERS.includes(baseName(name)) ? 'whole' : 'none';
  return commandSession(sandbox, terminal, (stdin) => found(args, context(stdin)), input);
}
