import { MILLISECOND } from '../../base/clock.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Cluster } from '../../cluster.ts';
import { killProcess, removeProcess, startProcess } from '../../linux/process.ts';
import { containerProcess } from '../../node/kubelet/container-process.ts';
import {
  PROBE_PEERS,
  probeArguments,
  viewsOf,
  type PortQuestion,
  type ProbeView,
} from './probe-program.ts';

/** Who asks: a pod by `namespace/name`, or a machine with an address of its own: a node, or the one outside. */
export type Prober =
  | { readonly type: 'pod'; readonly key: string }
  | { readonly type: 'machine'; readonly name: string; readonly address: string };

/** One process: a prober asks a host (a name or an address) on some ports. */
export interface ProbeBatch {
  readonly from: Prober;
  readonly host: string;
  readonly questions: readonly PortQuestion[];
}

/** Longer than any answer takes, shorter than the first retransmission of a SYN. */
const PATIENCE = 900 * MILLISECOND;
/** For the ends of the connections that came about. */
const AFTERMATH = 20 * MILLISECOND;

type Surroundings = Pick<
  Parameters<typeof startProcess>[2],
  'namespace' | 'hostname' | 'files' | 'environment'
>;

/** Where a command runs that `kubectl exec` starts in a pod's first container. */
function surroundingsOfPod({ network, store }: Cluster, key: string): Surroundings | undefined {
  const [namespace = '', name = ''] = key.split('/');
  const pod = store.get<Pod>('Pod', namespace, name);
  const container = pod?.spec.containers[0]?.name ?? '';
  const process = containerProcess(network, store, namespace, name, container);
  return (
    process && {
      namespace: process.namespace,
      hostname: process.hostname,
      files: process.files,
      environment: process.environment,
    }
  );
}

function start(cluster: Cluster, { from, host, questions }: ProbeBatch): number | undefined {
  const surroundings: Surroundings | undefined =
    from.type === 'pod'
      ? surroundingsOfPod(cluster, from.key)
      : { namespace: from.name, hostname: from.name, files: {}, environment: {} };
  if (!surroundings) return undefined;
  const source = from.type === 'pod' ? undefined : from.address;
  return startProcess(cluster.network, cluster.environment, {
    program: PROBE_PEERS.name,
    args: probeArguments(host, questions, source),
    ...surroundings,
    tag: { trace: 'untraced', packet: 1 },
  });
}

/**
 * Sends all questions at once, waits, and says of each batch how its questions ended. What is left without an answer is
 * silence: whoever drops a packet by policy says nothing.
 */
export function sendProbes(
  cluster: Cluster,
  batches: readonly ProbeBatch[],
): readonly (readonly ProbeView[])[] {
  const { network, environment } = cluster;
  Object.assign(environment.programs, { [PROBE_PEERS.name]: PROBE_PEERS });
  const pids = batches.map((batch) => start(cluster, batch));
  cluster.advance(PATIENCE);
  const views = pids.map((pid, index) =>
    pid === undefined
      ? (batches[index]?.questions ?? []).map(() => 'no prober')
      : viewsOf(network.processes[pid]?.state),
  );
  for (const pid of pids) if (pid !== undefined) killProcess(network, environment, pid);
  cluster.advance(AFTERMATH);
  for (const pid of pids) if (pid !== undefined) removeProcess(network, pid);
  return views;
}
