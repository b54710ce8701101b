import type {
  Container,
  ContainerStatus,
  EnvVar,
  LifecycleHandler,
  Probe,
} from '../../../api/core/container.ts';
import type { Pod, PodSpec, PodTemplateSpec, Toleration } from '../../../api/core/pod.ts';
import type { Volume } from '../../../api/core/volume.ts';
import { formatRfc1123, labelLines, Lines } from './lines.ts';

const sorted = (map: Readonly<Record<string, string | number>>) =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));

/** `delay=0s timeout=1s period=10s #success=1 #failure=3`, with what is asked before it. */
export function describeProbe(probe: Probe): string {
  const attributes = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 0}s period=${probe.periodSeconds ?? 0}s #success=${probe.successThreshold ?? 0} #failure=${probe.failureThreshold ?? 0}`;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec) return `exec [${(exec.command ?? []).join(' ')}] ${attributes}`;
  if (httpGet) {
    const { scheme = 'HTTP', host = '', port, path = '' } = httpGet;
    const hasPort = port !== '' && port !== 0;
    const url = `${scheme.toLowerCase()}://${host}${hasPort ? `:${port}` : ''}${path}`;
    return `http-get ${url} ${attributes}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port} ${attributes}`;
  if (grpc) return `grpc <pod>:${grpc.port} ${grpc.service ?? ''} ${attributes}`;
  return `unknown ${attributes}`;
}

function describeHandler({ exec, httpGet, tcpSocket, sleep }: LifecycleHandler): string {
  if (exec) return `exec [${(exec.command ?? []).join(' ')}]`;
  if (httpGet)
    return `http-get ${(httpGet.scheme ?? 'HTTP').toLowerCase()}://${httpGet.host ?? ''}:${httpGet.port}${httpGet.path ?? ''}`;
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port}`;
  return sleep ? `sleep ${sleep.seconds}` : 'unknown';
}

function portLines(lines: Lines, { ports = [] }: Container): void {
  const plural = ports.length > 1 ? 's' : '';
  const text = (number: number, protocol: string, name?: string) =>
    `${number}/${protocol}${name ? ` (${name})` : ''}`;
  const list = (pick: (port: NonNullable<Container['ports']>[number]) => number) =>
    ports.map((port) => text(pick(port), port.protocol ?? 'TCP', port.name)).join(', ');
  if (ports.length === 0) {
    lines.line(2, 'Port:\t<none>');
    lines.line(2, 'Host Port:\t<none>');
    return;
  }
  lines.line(2, `Port${plural}:\t${list(({ containerPort }) => containerPort)}`);
  lines.line(2, `Host Port${plural}:\t${list(({ hostPort = 0 }) => hostPort)}`);
}

function commandLines(lines: Lines, title: string, words: readonly string[] | undefined): void {
  if (!words || words.length === 0) return;
  lines.line(2, `${title}:`);
  for (const word of words) {
    for (const line of word.split('\n')) lines.line(3, line);
  }
}

function stateLines(lines: Lines, title: string, state: ContainerStatus['state']): void {
  if (state?.running) {
    lines.line(2, `${title}:\tRunning`);
    lines.line(3, `Started:\t${formatRfc1123(state.running.startedAt)}`);
  } else if (state?.waiting) {
    lines.line(2, `${title}:\tWaiting`);
    if (state.waiting.reason) lines.line(3, `Reason:\t${state.waiting.reason}`);
  } else if (state?.terminated) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = state.terminated;
    lines.line(2, `${title}:\tTerminated`);
    if (reason) lines.line(3, `Reason:\t${reason}`);
    if (message) lines.line(3, `Message:\t${message}`);
    lines.line(3, `Exit Code:\t${exitCode}`);
    if (signal) lines.line(3, `Signal:\t${signal}`);
    lines.line(3, `Started:\t${formatRfc1123(startedAt)}`);
    lines.line(3, `Finished:\t${formatRfc1123(finishedAt)}`);
  } else lines.line(2, `${title}:\tWaiting`);
}

function statusLines(lines: Lines, status: ContainerStatus): void {
  stateLines(lines, 'State', status.state);
  if (status.lastState?.terminated) stateLines(lines, 'Last State', status.lastState);
  lines.line(2, `Ready:\t${status.ready ? 'True' : 'False'}`);
  lines.line(2, `Restart Count:\t${status.restartCount}`);
}

function resourceLines(lines: Lines, { resources = {} }: Container): void {
  for (const [title, map] of [
    ['Limits', resources.limits],
    ['Requests', resources.requests],
  ] as const) {
    if (!map || Object.keys(map).length === 0) continue;
    lines.line(2, `${title}:`);
    for (const [name, value] of sorted(map)) lines.line(3, `${name}:\t${value}`);
  }
}

function probeLines(lines: Lines, container: Container): void {
  if (container.livenessProbe)
    lines.line(2, `Liveness:\t${describeProbe(container.livenessProbe)}`);
  if (container.readinessProbe)
    lines.line(2, `Readiness:\t${describeProbe(container.readinessProbe)}`);
  if (container.startupProbe) lines.line(2, `Startup:\t${describeProbe(container.startupProbe)}`);
}

/** A pod's own fields, resolved as `describe` resolves them; in a template they stay empty. */
function fieldValue(pod: Pod | undefined, path: string): string {
  switch (path) {
    case 'metadata.name':
      return pod?.metadata.name ?? '';
    case 'metadata.namespace':
      return pod?.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod?.metadata.uid ?? '';
    default: {
      const label = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
      return label
        ? (pod?.metadata[label[1] as 'labels' | 'annotations']?.[label[2] ?? ''] ?? '')
        : '';
    }
  }
}

function variableLines(
  lines: Lines,
  { name, value = '', valueFrom }: EnvVar,
  pod: Pod | undefined,
): void {
  if (!valueFrom) {
    value.split('\n').forEach((line, index) => {
      lines.line(index === 0 ? 3 : 3, index === 0 ? `${name}:\t${line}` : `\t${line}`);
    });
    return;
  }
  const { fieldRef, configMapKeyRef, secretKeyRef, resourceFieldRef } = valueFrom;
  if (fieldRef) {
    const shown = fieldValue(pod, fieldRef.fieldPath);
    lines.line(3, `${name}:\t${shown} (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`);
  } else if (resourceFieldRef) {
    lines.line(3, `${name}:\t (${resourceFieldRef.resource})`);
  } else if (secretKeyRef) {
    lines.line(
      3,
      `${name}:\t<set to the key '${secretKeyRef.key}' in secret '${secretKeyRef.name ?? ''}'>\tOptional: ${secretKeyRef.optional ?? false}`,
    );
  } else if (configMapKeyRef) {
    lines.line(
      3,
      `${name}:\t<set to the key '${configMapKeyRef.key}' of config map '${configMapKeyRef.name ?? ''}'>\tOptional: ${configMapKeyRef.optional ?? false}`,
    );
  }
}

function environmentLines(lines: Lines, container: Container, pod: Pod | undefined): void {
  for (const { configMapRef, secretRef, prefix } of container.envFrom ?? []) {
    if (container.envFrom?.[0]?.configMapRef === configMapRef)
      lines.line(2, 'Environment Variables from:');
    const [kind, ref] = configMapRef ? ['ConfigMap', configMapRef] : ['Secret', secretRef];
    const suffix = prefix ? ` with prefix '${prefix}'` : '';
    lines.line(3, `${ref?.name ?? ''}\t${kind}${suffix}\tOptional: ${ref?.optional ?? false}`);
  }
  const variables = container.env ?? [];
  lines.line(2, `Environment:${variables.length === 0 ? '\t<none>' : ''}`);
  for (const variable of variables) variableLines(lines, variable, pod);
}

function mountLines(lines: Lines, container: Container): void {
  const mounts = [...(container.volumeMounts ?? [])].sort((a, b) =>
    a.mountPath < b.mountPath ? -1 : 1,
  );
  lines.line(2, `Mounts:${mounts.length === 0 ? '\t<none>' : ''}`);
  for (const { mountPath, name, readOnly, subPath } of mounts) {
    const flags = [readOnly ? 'ro' : 'rw', ...(subPath ? [`path=${JSON.stringify(subPath)}`] : [])];
    lines.line(3, `${mountPath} from ${name} (${flags.join(',')})`);
  }
}

/** `indent` is one blank deeper for templates. */
export function containerLines(
  lines: Lines,
  title: string,
  containers: readonly Container[],
  statuses: readonly ContainerStatus[] | undefined,
  pod: Pod | undefined,
  space: '' | '  ',
): void {
  lines.line(0, `${space}${title}:${containers.length === 0 ? '\t<none>' : ''}`);
  for (const container of containers) {
    const status = statuses?.find(({ name }) => name === container.name);
    lines.line(1, `${space === '' ? '' : ' '}${container.name}:`);
    if (status) lines.line(2, `Container ID:\t${status.containerID ?? ''}`);
    lines.line(2, `Image:\t${container.image ?? ''}`);
    if (status) lines.line(2, `Image ID:\t${status.imageID}`);
    portLines(lines, container);
    commandLines(lines, 'Command', container.command);
    commandLines(lines, 'Args', container.args);
    if (status) statusLines(lines, status);
    resourceLines(lines, container);
    probeLines(lines, container);
    for (const [name, handler] of Object.entries(container.lifecycle ?? {})) {
      if (typeof handler === 'object') lines.line(2, `${name}:\t${describeHandler(handler)}`);
    }
    environmentLines(lines, container, pod);
    mountLines(lines, container);
  }
}

interface ProjectedSource {
  serviceAccountToken?: { expirationSeconds?: number };
  configMap?: { name?: string; optional?: boolean };
  secret?: { name?: string; optional?: boolean };
  downwardAPI?: unknown;
}

function projectedLines(lines: Lines, sources: readonly ProjectedSource[]): void {
  lines.line(2, 'Type:\tProjected (a volume that contains injected data from multiple sources)');
  for (const { serviceAccountToken, configMap, secret, downwardAPI } of sources) {
    if (secret)
      lines.line(2, `SecretName:\t${secret.name}\n    Optional:\t${secret.optional ?? false}`);
    else if (downwardAPI) lines.line(2, 'DownwardAPI:\ttrue');
    else if (configMap) {
      lines.line(
        2,
        `ConfigMapName:\t${configMap.name}\n    Optional:\t${configMap.optional ?? false}`,
      );
    } else if (serviceAccountToken) {
      lines.line(2, `TokenExpirationSeconds:\t${serviceAccountToken.expirationSeconds ?? 3600}`);
    }
  }
}

function sourceLines(lines: Lines, volume: Volume): void {
  const { hostPath, emptyDir, configMap, secret, projected } = volume;
  if (hostPath) {
    lines.line(2, 'Type:\tHostPath (bare host directory volume)');
    lines.line(2, `Path:\t${hostPath.path}`);
    lines.line(2, `HostPathType:\t${hostPath.type ?? '<none>'}`);
  } else if (emptyDir) {
    lines.line(2, "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)");
    lines.line(2, `Medium:\t${emptyDir.medium ?? ''}`);
    lines.line(2, `SizeLimit:\t${emptyDir.sizeLimit ?? '<unset>'}`);
  } else if (configMap) {
    lines.line(2, 'Type:\tConfigMap (a volume populated by a ConfigMap)');
    lines.line(2, `Name:\t${configMap.name ?? ''}`);
    lines.line(2, `Optional:\t${configMap.optional ?? false}`);
  } else if (secret) {
    lines.line(2, 'Type:\tSecret (a volume populated by a Secret)');
    lines.line(2, `SecretName:\t${secret.secretName ?? ''}`);
    lines.line(2, `Optional:\t${secret.optional ?? false}`);
  } else if (projected) projectedLines(lines, projected.sources ?? []);
  else lines.line(1, '<unknown>');
}

export function volumeLines(lines: Lines, volumes: readonly Volume[], space: '' | '  '): void {
  if (volumes.length === 0) {
    lines.line(0, `${space}Volumes:\t<none>`);
    return;
  }
  lines.line(0, `${space}Volumes:`);
  for (const volume of volumes) {
    lines.line(1, `${space === '' ? '' : ' '}${volume.name}:`);
    sourceLines(lines, volume);
  }
}

const tolerationText = ({ key = '', operator, value, effect, tolerationSeconds }: Toleration) => {
  let text = key;
  if (value) text += `=${value}`;
  if (effect) text += `:${effect}`;
  if (operator === 'Exists' && !value) text += key === '' && !effect ? 'op=Exists' : ' op=Exists';
  return tolerationSeconds === undefined ? text : `${text} for ${tolerationSeconds}s`;
};

export function tolerationLines(
  lines: Lines,
  tolerations: readonly Toleration[] | undefined,
  space: '' | '  ',
): void {
  const list = [...(tolerations ?? [])].sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : 1));
  if (list.length === 0) lines.line(0, `${space}Tolerations:\t<none>`);
  list.forEach((toleration, index) => {
    lines.line(0, `${space}${index === 0 ? 'Tolerations:' : ''}\t${tolerationText(toleration)}`);
  });
}

export function selectorLines(lines: Lines, spec: PodSpec, space: '' | '  '): void {
  labelLines(lines, space === '' ? 0 : 1, 'Node-Selectors', spec.nodeSelector);
}

/** The pod template of a workload. */
export function templateLines(lines: Lines, template: PodTemplateSpec | undefined): void {
  lines.line(0, 'Pod Template:');
  if (!template) {
    lines.line(1, '<unset>');
    return;
  }
  const { metadata = {}, spec } = template;
  labelLines(lines, 1, 'Labels', metadata.labels);
  if (Object.keys(metadata.annotations ?? {}).length > 0) {
    const pairs = sorted(metadata.annotations ?? {});
    pairs.forEach(([key, value], i) =>
      lines.line(i === 0 ? 1 : 0, `${i === 0 ? 'Annotations:' : '  '}\t${key}: ${value}`),
    );
  }
  if (spec.serviceAccountName) lines.line(1, `Service Account:\t${spec.serviceAccountName}`);
  if (spec.initContainers) {
    containerLines(lines, 'Init Containers', spec.initContainers, undefined, undefined, '  ');
  }
  containerLines(lines, 'Containers', spec.containers, undefined, undefined, '  ');
  volumeLines(lines, spec.volumes ?? [], '  ');
  selectorLines(lines, spec, '  ');
  tolerationLines(lines, spec.tolerations, '  ');
}

/** A revision as `rollout history --revision` shows it: tabs and all. */
export function describeTemplate(
  template: PodTemplateSpec,
  changeCause: string | undefined,
): string {
  const lines = new Lines();
  const annotations = {
    ...template.metadata?.annotations,
    ...(changeCause === undefined ? {} : { 'kubernetes.io/change-cause': changeCause }),
  };
  templateLines(lines, { ...template, metadata: { ...template.metadata, annotations } });
  return lines.text;
}
