import type { Container } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import { SECOND } from '../../base/clock.ts';
import type { Image } from '../../linux/image.ts';
import { formatGoDuration, nextBackOff } from './back-off.ts';
import { drawLatency } from './latencies.ts';
import type { ContainerRuntime, ImageState, PodWork } from './pod-runtime.ts';

/** From "ErrImagePull" to the next sync of the pod, which says "ImagePullBackOff". */
const RESYNC = 1 * SECOND;

interface ImageName {
  readonly host: string;
  readonly path: string;
  readonly tag: string;
}

const REFERENCE =
  /^(?<name>[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>sha256:[a-f0-9]{64}))?$/;

/** Takes a reference apart as distribution/reference normalises it; undefined when it is none. */
export function parseImageName(text: string): ImageName | undefined {
  const groups = REFERENCE.exec(text)?.groups;
  if (!groups) return undefined;
  const { name = '', tag = 'latest', digest } = groups;
  const suffix = digest === undefined ? `:${tag}` : `@${digest}`;
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (/[.:]/.test(first) || first === 'localhost') {
    return { host: first, path: name.slice(slash + 1), tag: suffix };
  }
  return { host: 'docker.io', path: slash < 0 ? `library/${name}` : name, tag: suffix };
}

/** The image that a reference names in the registry, by its short repository name. */
export function findImage(
  text: string,
  images: Readonly<Record<string, Image>>,
): Image | undefined {
  const name = parseImageName(text);
  if (!name) return undefined;
  const { host, path } = name;
  const key = host === 'docker.io' ? path.replace(/^library\//, '') : `${host}/${path}`;
  return Object.hasOwn(images, key) ? images[key] : undefined;
}

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
    context.recordEvent(pod, 'Warning', 'InspectFailed', message);
    context.recordEvent(pod, 'Warning', 'Failed', 'Error: InvalidImageName');
    fail(container, 'InvalidImageName', message, work);
    return;
  }
  const isPresent = memory.images[name] === true;
  const policy = spec.imagePullPolicy ?? 'IfNotPresent';
  if (isPresent && policy !== 'Always') {
    const message = `Container image "${name}" already present on machine and can be accessed by the pod`;
    context.recordEvent(pod, 'Normal', 'Pulled', message);
    container.image = { state: 'present' };
    return;
  }
  if (policy === 'Never') {
    const message = `Container image "${name}" is not present with pull policy of Never`;
    context.recordEvent(pod, 'Warning', 'ErrImageNeverPull', message);
    context.recordEvent(pod, 'Warning', 'Failed', 'Error: ErrImageNeverPull');
    fail(container, 'ErrImageNeverPull', message, work);
    return;
  }
  context.recordEvent(pod, 'Normal', 'Pulling', `Pulling image "${name}"`);
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
    context.recordEvent(pod, 'Normal', 'Pulled', message);
    memory.images[name] = true;
    container.image = { state: 'present' };
    return;
  }
  const parsed = parseImageName(name);
  const problem = parsed ? pullProblem(parsed) : '';
  const message = `failed to pull image "${name}": ${problem.replace(/^rpc error: /, '')}`;
  context.recordEvent(pod, 'Warning', 'Failed', `Failed to pull image "${name}": ${problem}`);
  context.recordEvent(pod, 'Warning', 'Failed', 'Error: ErrImagePull');
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
    context.recordEvent(pod, 'Normal', 'BackOff', text);
    context.recordEvent(pod, 'Warning', 'Failed', 'Error: ImagePullBackOff');
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
