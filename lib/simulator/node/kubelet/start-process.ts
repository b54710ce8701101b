import type { Container } from '../../api/core/container.ts';
import { nodeAddress, nodeAddresses, type Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Image } from '../../linux/image.ts';
import { startProcess } from '../../linux/process.ts';
import type { AgentContext } from '../agent.ts';
import {
  containerEnvironment,
  expandVariables,
  type ContainerEnvironment,
} from './container-environment.ts';
import { kernelHostname, podHostname, podHosts } from './pod-files.ts';
import type { Surroundings } from './downward-api.ts';
import { podDns } from './pod-dns.ts';
import { mountedFiles } from './volume-files.ts';
import type { PodRuntime, PodWork } from './pod-runtime.ts';
import { findImage } from './find-image.ts';

/** `/agnhost` and `agnhost` name the same program. */
const programName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** The node's address, as it stands in statuses. */
export function hostAddress({ store, node, options }: AgentContext): string {
  const object = store.get<Node>('Node', undefined, node);
  const configured = options.nodes.find(({ name }) => name === node)?.address;
  return (object && nodeAddress(object, 'InternalIP')) ?? configured ?? '';
}

/** Its addresses of both families, the primary first. */
export function hostAddresses(context: AgentContext): readonly string[] {
  const object = context.store.get<Node>('Node', undefined, context.node);
  const all = object ? nodeAddresses(object, 'InternalIP') : [];
  return all.length > 0 ? all : [hostAddress(context)];
}

export const podAddresses = ({ sandbox }: PodRuntime): readonly string[] =>
  sandbox.state === 'ready' || sandbox.state === 'released' ? sandbox.addresses : [];

/** What a container runs: command or entrypoint, and arguments (kubelet `ExpandContainerCommandAndArgs`). */
export function containerCommand(
  container: Container,
  image: Image,
  variables: Readonly<Record<string, string>>,
): readonly string[] {
  const command = container.command ?? image.entrypoint;
  const args = container.args ?? (container.command ? [] : image.command);
  return [...command, ...args].map((text) => expandVariables(text, variables));
}

/** Where a pod's environment and files look things up. */
export const surroundingsOf = (pod: Pod, { context, runtime }: PodWork): Surroundings => ({
  pod,
  store: context.store,
  node: context.node,
  addresses: podAddresses(runtime),
  hostIps: hostAddresses(context),
  now: context.now,
});

/** The files that a container sees besides its machine's. */
export function containerFiles(
  pod: Pod,
  container: Container,
  image: Image,
  work: PodWork,
): Record<string, string> {
  const { node, options, network } = work.context;
  const host = network.machines[node]?.files ?? {};
  const hostname = podHostname(pod, node);
  const addresses = podAddresses(work.runtime);
  return {
    ...image.files,
    '/etc/hostname': `${kernelHostname(pod, node, options)}\n`,
    '/etc/hosts': podHosts(pod, addresses, hostname, host['/etc/hosts'] ?? '', options),
    '/etc/resolv.conf': podDns(pod, host['/etc/resolv.conf'] ?? '', options).resolvConf,
    ...mountedFiles(container, surroundingsOf(pod, work), 'issue'),
  };
}

/** The variables of a container in this pod, or why they cannot be made. */
export function environmentOf(
  pod: Pod,
  container: Container,
  image: Image,
  work: PodWork,
): ContainerEnvironment {
  const { node, options } = work.context;
  const hostname = kernelHostname(pod, node, options);
  const around = surroundingsOf(pod, work);
  return containerEnvironment(container, image.environment, hostname, around);
}

/** Whose processes a container runs: the container's own word counts before its pod's. Simplified: an image that names none is root's. */
export function ownerOfProcess(pod: Pod, container: Container): { readonly uid?: number } {
  const uid = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  return uid === undefined ? {} : { uid };
}

/** Whether the image has the program, at any path: what the container runtime looks up. */
const isInImage = (program: string, { commands, entrypoint, command }: Image) =>
  commands.includes(program) ||
  [entrypoint[0], command[0]].some((path) => programName(path ?? '') === program);

export interface ProcessDraft {
  readonly image: Image;
  readonly argv: readonly string[];
  readonly files: Record<string, string>;
  readonly variables: Record<string, string>;
  /** Whose: `web` for the container itself, `web (probe)` for what the kubelet runs in it. */
  readonly detail: string;
  /** Whose process it is; absent: root's. */
  readonly uid?: number;
}

/** Starts a process inside a pod. Undefined when the image has no such program. */
export function startInPod(pod: Pod, draft: ProcessDraft, work: PodWork): number | undefined {
  const { context, runtime, memory } = work;
  const [path = '', ...args] = draft.argv;
  const program = programName(path);
  const { sandbox } = runtime;
  const isKnown =
    isInImage(program, draft.image) && Object.hasOwn(context.environment.programs, program);
  if (sandbox.state !== 'ready' || !isKnown) return undefined;
  const { namespace = '', name } = pod.metadata;
  const pid = startProcess(context.network, context.environment, {
    program,
    args,
    namespace: sandbox.netns,
    hostname: kernelHostname(pod, context.node, context.options),
    files: draft.files,
    environment: draft.variables,
    ...(draft.uid === undefined ? {} : { uid: draft.uid }),
    because: { kind: 'Pod', namespace, name, detail: draft.detail },
  });
  memory.owners[pid] = runtime.uid;
  return pid;
}

/**
 * Runs a command in a container beside its main process: a probe, a hook. Undefined when the image has no such program.
 * `detail` names it among the pod's processes: `web (probe)`.
 */
export function runInContainer(
  pod: Pod,
  spec: Container,
  argv: readonly string[],
  detail: string,
  work: PodWork,
): number | undefined {
  const image = findImage(spec.image ?? '', work.context.images);
  const environment = image && environmentOf(pod, spec, image, work);
  if (!image || !environment?.ok) return undefined;
  const files = containerFiles(pod, spec, image, work);
  const { variables } = environment;
  return startInPod(
    pod,
    { image, argv, files, variables, detail, ...ownerOfProcess(pod, spec) },
    work,
  );
}
