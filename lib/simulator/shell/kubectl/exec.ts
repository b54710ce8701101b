import type { Pod } from '../../api/core/pod.ts';
import { containerProcess, imageOfContainer } from '../../node/kubelet/container-process.ts';
import type { CommandResult, ShellPlace } from '../command.ts';
import { fail, failUsage, isSet, valueOf, type Call } from './call.ts';
import { execFailure } from '../exec-failure.ts';
import { flag, type FlagSpec } from './flags.ts';
import { chooseContainer, choosePod } from './logs.ts';

export const EXEC_FLAGS: readonly FlagSpec[] = [
  flag('container', 'string', 'c'),
  flag('stdin', 'boolean', 'i'),
  flag('tty', 'boolean', 't'),
  flag('quiet', 'boolean', 'q'),
  flag('filename', 'list', 'f'),
  flag('pod-running-timeout', 'duration'),
];

const SHELLS: readonly string[] = ['sh', 'bash', 'ash'];
const baseName = (path: string) => path.split('/').at(-1) ?? path;

/** Why nothing can run in a container now; undefined when it can. */
function notRunning(call: Call, pod: Pod, container: string): string | undefined {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') {
    return `cannot exec into a container in a completed pod; current phase is ${phase}`;
  }
  if (!pod.spec.nodeName) return `pod ${pod.metadata.name} does not have a host assigned`;
  const { network, store } = call.context.cluster;
  const { namespace = '', name } = pod.metadata;
  return containerProcess(network, store, namespace, name, container)
    ? undefined
    : `Internal error occurred: unable to upgrade connection: container not found (${JSON.stringify(container)})`;
}

/** What the container runtime says about a command that the image does not have; undefined when it has it. */
function notInImage(
  call: Call,
  place: Extract<ShellPlace, { type: 'container' }>,
  command: string,
): string | undefined {
  const { cluster } = call.context;
  const { namespace, pod, container } = place;
  const image = imageOfContainer(cluster.images, cluster.store, namespace, pod, container);
  if (!image || image.commands.includes(baseName(command))) return undefined;
  return `Internal error occurred: ${execFailure({ ...place, command, now: cluster.now })}`;
}

/** Adds what kubectl says when the command failed. */
function afterwards(call: Call, result: CommandResult): CommandResult {
  if (result.type === 'process' || result.type === 'script') {
    return { ...result, reports: 'exit code' };
  }
  if (result.type !== 'finished') return result;
  const tail =
    result.exitCode === 0 ? '' : `command terminated with exit code ${result.exitCode}\n`;
  return { ...result, stderr: call.stderr + result.stderr + tail };
}

/** `kubectl exec`. */
export function exec(call: Call): CommandResult | undefined {
  const { words, dashAt } = call.flags;
  const [word] = words;
  if (word === undefined || dashAt === 0) {
    fail(call, 'pod, type/name or --filename must be specified');
    return undefined;
  }
  if (dashAt === undefined && words.length > 1) {
    failUsage(
      call,
      'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead',
    );
    return undefined;
  }
  const command = words.slice(1);
  if (command.length === 0) {
    fail(call, 'you must specify at least one command for the container');
    return undefined;
  }
  const pod = choosePod(call, word, 'exec');
  if (!pod) return undefined;
  const asked = valueOf(call, 'container');
  const container = chooseContainer(call, pod, asked);
  if (container === undefined) {
    call.stderr += `Error from server (BadRequest): container ${asked} is not valid for pod ${pod.metadata.name}\n`;
    call.exitCode = 1;
    return undefined;
  }
  const problem = notRunning(call, pod, container);
  if (problem !== undefined) {
    fail(call, problem);
    return undefined;
  }
  const { namespace = '', name } = pod.metadata;
  const place = { type: 'container', namespace, pod: name, container } as const;
  const [program = ''] = command;
  const unknown = notInImage(call, place, program);
  if (unknown !== undefined) {
    fail(call, unknown);
    return undefined;
  }
  const { stdin } = call.context;
  if (
    isSet(call, 'stdin') &&
    stdin !== '' &&
    command.length === 1 &&
    SHELLS.includes(baseName(program))
  ) {
    return afterwards(call, { type: 'script', place, line: stdin });
  }
  const isInteractive = isSet(call, 'stdin') && isSet(call, 'tty');
  if (isInteractive && command.length === 1 && SHELLS.includes(baseName(command[0] ?? ''))) {
    return { type: 'moved', place };
  }
  return afterwards(call, call.runInPlace(place, command, call.context));
}
