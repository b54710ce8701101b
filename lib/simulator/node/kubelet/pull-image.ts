import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import { SECOND } from '../../base/clock.ts';
import { formatGoDuration, nextBackOff } from './back-off.ts';
import { findImage, parseImageName, type ImageName } from './find-image.ts';
import { drawLatency } from './latencies.ts';
import { recordContainerEvent } from './pod-containers.ts';
import type { ContainerRuntime, ImageState, PodWork } from './pod-runtime.ts';

/** From "ErrImagePull" to the next sync of the pod, which says "ImagePullBackOff". */
const RESYNC = 1 * SECOND;

/** containerd's words for an image that is not there. */
function pullProblem({ host, path, tag }: ImageName): string {
  const full = `${host}/${path}${tag}`;
  const resolving = `failed to pull and unpack image "${full}": failed to resolve reference "${full}"`;
  return host === 'docker.io'
    ? `rpc error: code = Unknown desc = ${resolving}: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`
    : `rpc error: code = NotFound desc = ${resolving}: ${full}: not found`;
}

type Failure = Extract<ImageState, { state: 'failed' }>;

function fail(
  container: ContainerRuntime,
  reason: Failure['reason'],
  message: string,
  { context }: PodWork,
): void {
  container.imageBackOff = nextBackOff(container.imageBackOff, context.now);
  const retryAt = context.now + container.imageBackOff.delay;
  container.image = { state: 'failed', reason, message, failedAt: context.now, retryAt };
  container.run = { state: 'waiting', reason, message };
}

function begin(pod: Pod, spec: Container, container: ContainerRuntime, work: PodWork): void {
  const { context, memory } = work;
  const name = spec.image ?? '';
  if (!parseImageName(name)) {
    const message = `Failed to apply default image tag "${name}": couldn't parse image name "${name}": invalid reference format`;
    recordContainerEvent(pod, spec, 'Warning', 'InspectFailed', message, work);
    recordContainerEvent(pod, spec, 'Warning', 'Failed', 'Error: InvalidImageName', work);
    fail(container, 'InvalidImageName', message, work);
    return;
  }
  const isPresent = memory.images[name] === true;
  const policy = spec.imagePullPolicy ?? 'IfNotPresent';
  if (isPresent && policy !== 'Always') {
    const message = `Container image "${name}" already present on machine and can be accessed by the pod`;
    recordContainerEvent(pod, spec, 'Normal', 'Pulled', message, work);
    container.image = { state: 'present' };
    return;
  }
  if (policy === 'Never') {
    const message = `Container image "${name}" is not present with pull policy of Never`;
    recordContainerEvent(pod, spec, 'Warning', 'ErrImageNeverPull', message, work);
    recordContainerEvent(pod, spec, 'Warning', 'Failed', 'Error: ErrImageNeverPull', work);
    fail(container, 'ErrImageNeverPull', message, work);
    return;
  }
  recordContainerEvent(pod, spec, 'Normal', 'Pulling', `Pulling image "${name}"`, work);
  const step = findImage(name, context.images) ? 'imagePull' : 'imagePullFailure';
  const endsAt = context.now + drawLatency(step, context.random);
  container.image = { state: 'pulling', since: context.now, endsAt };
  work.wakeAt(endsAt, 'work');
}

function finish(pod: Pod, spec: Container, container: ContainerRuntime, work: PodWork): void {
  const { context, memory } = work;
  const name = spec.image ?? '';
  const image = findImage(name, context.images);
  if (image && container.image.state === 'pulling') {
    const took = formatGoDuration(container.image.endsAt - container.image.since);
    const message = `Successfully pulled image "${name}" in ${took} (${took} including waiting). Image size: ${image.size} bytes.`;
    recordContainerEvent(pod, spec, 'Normal', 'Pulled', message, work);
    memory.images[name] = true;
    container.image = { state: 'present' };
    return;
  }
  const parsed = parseImageName(name);
  const problem = parsed ? pullProblem(parsed) : '';
  const message = `failed to pull image "${name}": ${problem.replace(/^rpc error: /, '')}`;
  recordContainerEvent(
    pod,
    spec,
    'Warning',
    'Failed',
    `Failed to pull image "${name}": ${problem}`,
    work,
  );
  recordContainerEvent(pod, spec, 'Warning', 'Failed', 'Error: ErrImagePull', work);
  fail(container, 'ErrImagePull', message, work);
  work.wakeAt(context.now + RESYNC, 'work');
}

function waitForRetry(
  pod: Pod,
  spec: Container,
  container: ContainerRuntime,
  image: Failure,
  work: PodWork,
): void {
  const { context } = work;
  if (context.now >= image.retryAt) {
    begin(pod, spec, container, work);
    return;
  }
  if (image.reason === 'ErrImagePull' && context.now >= image.failedAt + RESYNC) {
    const text = `Back-off pulling image "${spec.image ?? ''}"`;
    recordContainerEvent(pod, spec, 'Normal', 'BackOff', text, work);
    recordContainerEvent(pod, spec, 'Warning', 'Failed', 'Error: ImagePullBackOff', work);
    const message = `${text}: ErrImagePull: ${image.message}`;
    container.image = { ...image, reason: 'ImagePullBackOff', message };
    container.run = { state: 'waiting', reason: 'ImagePullBackOff', message };
  }
  if (container.image.state === 'failed' && container.image.reason === 'ErrImagePull') {
    work.wakeAt(image.failedAt + RESYNC, 'work');
  }
  work.wakeAt(image.retryAt, 'periodic');
}

/**
 * Takes the image of a container one step further: present already, pulling, or failed and waiting for another attempt.
 * True when the container may be created. Source: pkg/kubelet/images/image_manager.go, v1.35's messages.
 */
export function ensureImage(
  pod: Pod,
  spec: Container,
  container: ContainerRuntime,
  work: PodWork,
): boolean {
  const { image } = container;
  switch (image.state) {
    case 'unknown':
      begin(pod, spec, container, work);
      break;
    case 'pulling':
      if (work.context.now >= image.endsAt) finish(pod, spec, container, work);
      else work.wakeAt(image.endsAt, 'work');
      break;
    case 'failed':
      waitForRetry(pod, spec, container, image, work);
      break;
    case 'present':
      break;
  }
  return container.image.state === 'present';
}
