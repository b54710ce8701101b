import type { Micros } from '../base/clock.ts';
import type { Cluster } from '../cluster.ts';

/** Where a prompt stands: one's own laptop with kubectl, a node one has logged in to, or inside a container. */
export type ShellPlace =
  | { readonly type: 'workstation' }
  /** `netns`: one of its network namespaces instead of its own (`ip netns exec`, `nsenter -n`). */
  | { readonly type: 'node'; readonly node: string; readonly netns?: string }
  | {
      readonly type: 'container';
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
    };

export interface CommandContext {
  readonly cluster: Cluster;
  readonly place: ShellPlace;
  /** The kubeconfig's current namespace; `kubectl config set-context --current --namespace` changes it. */
  namespace: string;
  /** What a pipe or a here-document brings. */
  readonly stdin: string;
  /** Files of the workstation: what `-f` reads and `>` writes. */
  readonly files: Record<string, string>;
}

/**
 * How a command ended, or that it goes on: a process of the simulated machine, or a follower (`get -w`, `logs -f`)
 * that is polled after every event. Plain data.
 */
export type CommandResult =
  | {
      readonly type: 'finished';
      readonly stdout: string;
      readonly stderr: string;
      readonly exitCode: number;
    }
  /** `deadline`: when timeout(1) ends it. `reports`: a code other than 0 is said, as `kubectl exec` says it. */
  | {
      readonly type: 'process';
      readonly pid: number;
      readonly deadline?: Micros;
      readonly reports?: 'exit code';
    }
  | {
      readonly type: 'following';
      readonly stdout: string;
      readonly stderr?: string;
      readonly follower: string;
      readonly state: unknown;
    }
  /** argv is run in another place: another namespace of the same machine. */
  | { readonly type: 'elsewhere'; readonly place: ShellPlace; readonly argv: readonly string[] }
  /** `sh -c '...'` that is more than one command. */
  | {
      readonly type: 'script';
      readonly place: ShellPlace;
      readonly line: string;
      readonly reports?: 'exit code';
    }
  /** `ssh node-a`, `exec -it ... sh`, `exit`: the prompt moves. */
  | { readonly type: 'moved'; readonly place: ShellPlace | 'back'; readonly exitCode?: number };

/** One command of the terminal. `args` has no argv[0]. */
export type Command = (args: readonly string[], context: CommandContext) => CommandResult;

/** What continues a `following` result; `state` is the plain data of the result and may be changed in place. */
export type Follower = (
  state: unknown,
  context: CommandContext,
) => { readonly output: string; readonly exitCode?: number };

/** A command that is over. */
export type Ended = Extract<CommandResult, { type: 'finished' }>;

export const finished = (stdout: string, exitCode = 0, stderr = ''): Ended => ({
  type: 'finished',
  stdout,
  stderr,
  exitCode,
});
