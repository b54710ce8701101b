import type { Cluster } from '../cluster.ts';
import type { Process } from '../linux/network.ts';
import { startProcess } from '../linux/process.ts';
import { containerProcess } from '../node/kubelet/container-process.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { finished, type CommandContext, type CommandResult } from './command.ts';

interface Surroundings {
  readonly namespace: string;
  readonly hostname: string;
  readonly files: Process['files'];
  readonly environment: Process['environment'];
  readonly uid?: number;
}

/** The namespace, files and environment that a command started at this place gets. */
function surroundingsOf({ cluster, place }: CommandContext): Surroundings | undefined {
  switch (place.type) {
    case 'workstation':
      return { namespace: 'workstation', hostname: 'workstation', files: {}, environment: {} };
    case 'node':
      return {
        namespace: place.netns ?? place.node,
        hostname: place.node,
        files: {},
        environment: {},
      };
    case 'container': {
      const process = containerProcess(
        cluster.network,
        cluster.store,
        place.namespace,
        place.pod,
        place.container,
      );
      return (
        process && {
          namespace: process.namespace,
          hostname: process.hostname,
          files: process.files,
          environment: process.environment,
          ...(process.uid === undefined ? {} : { uid: process.uid }),
        }
      );
    }
  }
}

/** Starts a program that uses the network at a place; its packets go to `tag`, or to a trace of their own. */
export function startProgram(
  program: string,
  args: readonly string[],
  context: CommandContext,
  tag?: TraceTag,
): CommandResult {
  const { cluster } = context;
  const surroundings = surroundingsOf(context);
  if (!surroundings) return finished('', 1, 'error: the container is not running\n');
  // A capture sends nothing: it has no trace, and pushes nobody else's out.
  const traceOf = () =>
    program === 'tcpdump' ? {} : { tag: tag ?? openTraceFor(cluster, program, args) };
  const pid = startProcess(cluster.network, cluster.environment, {
    program,
    args,
    ...surroundings,
    // What is piped into it: programs that read their input find it there.
    ...(context.stdin === ''
      ? {}
      : { files: { ...surroundings.files, '/dev/stdin': context.stdin } }),
    ...traceOf(),
  });
  return { type: 'process', pid };
}

const openTraceFor = (cluster: Cluster, program: string, args: readonly string[]) =>
  cluster.openTrace([program, ...args].join(' '));
