import type { Container, LifecycleHandler, Probe, ResourceRequirements } from './container.ts';
import type { Pod, PodSpec, Toleration } from './pod.ts';
import type { Volume } from './volume.ts';

/** Fills `target[key]` when it was left out. */
export function fill<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void {
  target[key] ??= value;
}

/** `nginx` has the tag `latest`; a digest or another tag does not. */
function isLatest(image: string): boolean {
  if (image.includes('@')) return false;
  const name = image.slice(image.lastIndexOf('/') + 1);
  return !name.includes(':') || name.endsWith(':latest');
}

function setHandlerDefaults(handler: LifecycleHandler | undefined): void {
  if (!handler?.httpGet) return;
  fill(handler.httpGet, 'path', '/');
  fill(handler.httpGet, 'scheme', 'HTTP');
}

function setProbeDefaults(probe: Probe | undefined): void {
  if (!probe) return;
  setHandlerDefaults(probe);
  if (probe.grpc) fill(probe.grpc, 'service', '');
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
}

/** A limit without a request is also the request. */
function setResourceDefaults(resources: ResourceRequirements): void {
  for (const [name, limit] of Object.entries(resources.limits ?? {})) {
    resources.requests ??= {};
    resources.requests[name] ??= limit;
  }
}

/** Truths whose false Go does not write: an object that says it outright is stored as one that does not. */
const dropFalse = (target: object, names: readonly string[]) => {
  for (const name of names)
    if (Reflect.get(target, name) === false) Reflect.deleteProperty(target, name);
};

function setContainerDefaults(container: Container, spec: PodSpec): void {
  dropFalse(container, ['stdin', 'stdinOnce', 'tty']);
  for (const mount of container.volumeMounts ?? []) dropFalse(mount, ['readOnly']);
  if (container.image !== undefined) {
    fill(container, 'imagePullPolicy', isLatest(container.image) ? 'Always' : 'IfNotPresent');
  }
  fill(container, 'terminationMessagePath', '/dev/termination-log');
  fill(container, 'terminationMessagePolicy', 'File');
  fill(container, 'resources', {});
  setResourceDefaults(container.resources ?? {});
  for (const port of container.ports ?? []) {
    fill(port, 'protocol', 'TCP');
    if (spec.hostNetwork) port.hostPort ||= port.containerPort;
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) fill(valueFrom.fieldRef, 'apiVersion', 'v1');
  }
  setProbeDefaults(container.livenessProbe);
  setProbeDefaults(container.readinessProbe);
  setProbeDefaults(container.startupProbe);
  setHandlerDefaults(container.lifecycle?.postStart);
  setHandlerDefaults(container.lifecycle?.preStop);
}

const SOURCES_WITH_MODE = ['configMap', 'secret', 'projected', 'downwardAPI'] as const;

function setVolumeDefaults(volume: Volume): void {
  for (const source of SOURCES_WITH_MODE) {
    const value = volume[source] as { defaultMode?: number } | undefined;
    if (value) fill(value, 'defaultMode', 0o644);
  }
  if (volume.hostPath) fill(volume.hostPath, 'type', '');
  if (Object.keys(volume).length === 1) volume.emptyDir = {};
}

/** Defaults of a pod spec, the same in a pod and in a template (pkg/apis/core/v1/defaults.go). */
export function setPodSpecDefaults(spec: PodSpec): void {
  dropFalse(spec, ['hostNetwork', 'hostPID', 'hostIPC']);
  fill(spec, 'restartPolicy', 'Always');
  fill(spec, 'dnsPolicy', 'ClusterFirst');
  fill(spec, 'terminationGracePeriodSeconds', 30);
  fill(spec, 'securityContext', {});
  fill(spec, 'schedulerName', 'default-scheduler');
  // Both names are one field; the older is kept in step for old clients.
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  const { initContainers = [], containers = [], ephemeralContainers = [] } = spec;
  for (const container of [...initContainers, ...(containers ?? []), ...ephemeralContainers]) {
    setContainerDefaults(container, spec);
  }
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
}

export function setPodDefaults(pod: Pod): void {
  fill(pod, 'spec', { containers: [] });
  setPodSpecDefaults(pod.spec);
  fill(pod.spec, 'enableServiceLinks', true);
}

/** What admission adds to every pod: priority and five minutes of patience with a lost node. */
export function admitPodSpec(spec: PodSpec): void {
  fill(spec, 'priority', 0);
  fill(spec, 'preemptionPolicy', 'PreemptLowerPriority');
  const tolerates = (key: string) =>
    (spec.tolerations ?? []).some(
      (toleration) =>
        (toleration.key === key || !toleration.key) &&
        (toleration.effect === 'NoExecute' || !toleration.effect),
    );
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !tolerates(key))
    .map((key): Toleration => ({
      key,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    }));
  if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...missing];
}
