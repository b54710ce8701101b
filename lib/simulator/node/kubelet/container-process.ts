import type { Pod } from '../../api/core/pod.ts';
import type { Store } from '../../apiserver/store.ts';
import type { Image } from '../../linux/image.ts';
import type { Network, Process } from '../../linux/network.ts';
import { findImage } from './find-image.ts';

/** Id of a pod's network namespace, as `ip netns` on its node shows it. */
export const podNetworkNamespace = (uid: string) => `cni-${uid}`;

/** Every process that a container has had, oldest first: its main processes, not those of exec or of probes. */
function processesOf(network: Network, pod: Pod, container: string): readonly Process[] {
  const { namespace = '', name, uid = '' } = pod.metadata;
  const home = pod.spec.hostNetwork ? pod.spec.nodeName : podNetworkNamespace(uid);
  return Object.values(network.processes).filter(
    (process) =>
      process.namespace === home &&
      process.because?.kind === 'Pod' &&
      process.because.namespace === namespace &&
      process.because.name === name &&
      process.because.detail === container,
  );
}

const nameOf = (pod: Pod, container: string | undefined) =>
  container ?? pod.spec.containers[0]?.name ?? '';

/**
 * The running process of a container: what `exec` joins. The first container when none is named; undefined when the
 * pod or its process is not there.
 */
export function containerProcess(
  network: Network,
  store: Store,
  namespace: string,
  pod: string,
  container?: string,
): Process | undefined {
  const found = store.get<Pod>('Pod', namespace, pod);
  if (!found) return undefined;
  return processesOf(network, found, nameOf(found, container)).findLast(
    ({ exitCode }) => exitCode === undefined,
  );
}

/** The process whose output counts as the run before the current one, as the container's status tells them apart. */
function previousProcess(pod: Pod, container: string, processes: readonly Process[]) {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const status = [...containerStatuses, ...initContainerStatuses].find(
    ({ name }) => name === container,
  );
  if (!status?.lastState?.terminated) return undefined;
  const earlier = status.state?.terminated ? processes.slice(0, -1) : processes;
  return earlier.findLast(({ exitCode }) => exitCode !== undefined);
}

/**
 * What a container printed: in its current run (or the last one, when it waits to be started again), or in the run
 * before. Undefined when there was no such run.
 */
export function readContainerLog(
  network: Network,
  store: Store,
  namespace: string,
  pod: string,
  container?: string,
  run: 'current' | 'previous' = 'current',
): string | undefined {
  const found = store.get<Pod>('Pod', namespace, pod);
  if (!found) return undefined;
  const name = nameOf(found, container);
  const processes = processesOf(network, found, name);
  const process = run === 'current' ? processes.at(-1) : previousProcess(found, name, processes);
  return process?.output;
}

/** The image that a container of a pod names, or undefined. */
export function imageOfContainer(
  images: Readonly<Record<string, Image>>,
  store: Store,
  namespace: string,
  pod: string,
  container?: string,
): Image | undefined {
  const found = store.get<Pod>('Pod', namespace, pod);
  const name = found && nameOf(found, container);
  const spec = [...(found?.spec.containers ?? []), ...(found?.spec.initContainers ?? [])].find(
    (each) => each.name === name,
  );
  return spec?.image === undefined ? undefined : findImage(spec.image, images);
}
