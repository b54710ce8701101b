import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  portNameProblems,
  portNumberProblem,
} from '../meta/names.ts';
import { ipVersion } from '../../base/ip.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldProblem,
} from '../schema/field-problem.ts';
import type { Container, ContainerPort, LifecycleHandler, Probe } from './container.ts';
import type { PodSpec, Toleration } from './pod.ts';
import { validateLabelMap, validatePortNumOrName } from './validate-service.ts';
import { parseQuantity } from '../meta/quantity.ts';

const HANDLER_KINDS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

function validateHandler(handler: LifecycleHandler & Probe, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  let count = 0;
  for (const kind of HANDLER_KINDS) {
    if (handler[kind] === undefined) continue;
    count += 1;
    if (count > 1) {
      problems.push(forbidden(`${field}.${kind}`, 'may not specify more than 1 handler type'));
      continue;
    }
    const port = handler.httpGet?.port ?? handler.tcpSocket?.port ?? handler.grpc?.port;
    if (kind === 'exec' && (handler.exec?.command ?? []).length === 0) {
      problems.push(required(`${field}.exec.command`));
    } else if (port !== undefined) {
      problems.push(...validatePortNumOrName(port, `${field}.${kind}.port`));
    }
    if (kind === 'httpGet' && handler.httpGet?.scheme) {
      const { scheme } = handler.httpGet;
      if (!['HTTP', 'HTTPS'].includes(scheme)) {
        problems.push(notSupported(`${field}.httpGet.scheme`, scheme, ['HTTP', 'HTTPS']));
      }
    }
  }
  if (count === 0) problems.push(required(field, 'must specify a handler type'));
  return problems;
}

const PROBE_NUMBERS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function validateProbe(
  probe: Probe | undefined,
  field: string,
  use: 'readiness' | 'liveness' | 'startup',
): FieldProblem[] {
  if (!probe) return [];
  const problems = validateHandler(probe, field);
  for (const name of PROBE_NUMBERS) {
    const value = probe[name] ?? 0;
    if (value < 0) {
      problems.push(invalid(`${field}.${name}`, value, 'must be greater than or equal to 0'));
    }
  }
  if (use !== 'readiness' && (probe.successThreshold ?? 1) !== 1) {
    problems.push(invalid(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return problems;
}

function validateContainerPorts(ports: readonly ContainerPort[], field: string): FieldProblem[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const problems: FieldProblem[] = [];
    if (port.name) {
      problems.push(...portNameProblems(port.name).map((p) => invalid(`${at}.name`, port.name, p)));
      if (names.has(port.name)) problems.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) problems.push(required(`${at}.containerPort`));
    else {
      const problem = portNumberProblem(port.containerPort);
      if (problem) problems.push(invalid(`${at}.containerPort`, port.containerPort, problem));
    }
    if (!['SCTP', 'TCP', 'UDP'].includes(port.protocol ?? '')) {
      problems.push(notSupported(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
    }
    return problems;
  });
}

function validateResources(container: Container, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { limits = {}, requests = {} } = container.resources ?? {};
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    const asked = parseQuantity(String(request));
    const most = limit === undefined ? undefined : parseQuantity(String(limit));
    if (asked !== undefined && most !== undefined && asked > most) {
      problems.push(
        invalid(
          `${field}.resources.requests`,
          String(request),
          `must be less than or equal to ${name} limit of ${limit}`,
        ),
      );
    }
  }
  return problems;
}

function validateEnvironment(container: Container, field: string): FieldProblem[] {
  return (container.env ?? []).flatMap((variable, index) => {
    const at = `${field}.env[${index}]`;
    const problems: FieldProblem[] = [];
    if (!variable.name) problems.push(required(`${at}.name`));
    if (variable.value && variable.valueFrom) {
      problems.push(
        invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'),
      );
    }
    return problems;
  });
}

function validateMounts(
  container: Container,
  field: string,
  volumes: ReadonlySet<string>,
): FieldProblem[] {
  const paths = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount, index) => {
    const at = `${field}.volumeMounts[${index}]`;
    const problems: FieldProblem[] = [];
    if (!mount.name) problems.push(required(`${at}.name`));
    else if (!volumes.has(mount.name)) {
      problems.push({
        reason: 'FieldValueNotFound',
        field: `${at}.name`,
        message: `Not found: ${JSON.stringify(mount.name)}`,
      });
    }
    if (!mount.mountPath) problems.push(required(`${at}.mountPath`));
    else if (paths.has(mount.mountPath)) {
      problems.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    }
    paths.add(mount.mountPath);
    return problems;
  });
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

function validateContainer(
  container: Container,
  field: string,
  volumes: ReadonlySet<string>,
  isInit: 'init' | 'main',
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!container.name) problems.push(required(`${field}.name`));
  else {
    problems.push(
      ...dnsLabelProblems(container.name).map((p) => invalid(`${field}.name`, container.name, p)),
    );
  }
  if (!container.image) problems.push(required(`${field}.image`));
  else if (container.image !== container.image.trim()) {
    problems.push(
      invalid(`${field}.image`, container.image, 'must not have leading or trailing whitespace'),
    );
  }
  const policy = container.imagePullPolicy;
  if (policy && !PULL_POLICIES.includes(policy)) {
    problems.push(notSupported(`${field}.imagePullPolicy`, policy, PULL_POLICIES));
  }
  problems.push(...validateContainerPorts(container.ports ?? [], `${field}.ports`));
  problems.push(...validateEnvironment(container, field));
  problems.push(...validateMounts(container, field, volumes));
  if (isInit === 'main' || container.restartPolicy === 'Always') {
    problems.push(
      ...validateProbe(container.livenessProbe, `${field}.livenessProbe`, 'liveness'),
      ...validateProbe(container.readinessProbe, `${field}.readinessProbe`, 'readiness'),
      ...validateProbe(container.startupProbe, `${field}.startupProbe`, 'startup'),
    );
  } else {
    for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[name]) {
        problems.push(
          forbidden(
            `${field}.${name}`,
            'may not be set for init containers without restartPolicy=Always',
          ),
        );
      }
    }
  }
  return [...problems, ...validateResources(container, field)];
}

function validateContainers(spec: PodSpec, field: string): FieldProblem[] {
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name));
  const names = new Set<string>();
  const check = (containers: readonly Container[], list: string, use: 'init' | 'main') =>
    containers.flatMap((container, index) => {
      const at = `${field}.${list}[${index}]`;
      const problems = validateContainer(container, at, volumes, use);
      if (container.name && names.has(container.name)) {
        problems.push(duplicate(`${at}.name`, container.name));
      }
      names.add(container.name);
      return problems;
    });
  if (spec.containers.length === 0) return [required(`${field}.containers`)];
  return [
    ...check(spec.containers, 'containers', 'main'),
    ...check(spec.initContainers ?? [], 'initContainers', 'init'),
  ];
}

function validateVolumes(spec: PodSpec, field: string): FieldProblem[] {
  const names = new Set<string>();
  return (spec.volumes ?? []).flatMap((volume, index) => {
    const at = `${field}.volumes[${index}]`;
    const problems: FieldProblem[] = [];
    if (!volume.name) problems.push(required(`${at}.name`));
    else
      problems.push(
        ...dnsLabelProblems(volume.name).map((p) => invalid(`${at}.name`, volume.name, p)),
      );
    if (names.has(volume.name)) problems.push(duplicate(`${at}.name`, volume.name));
    names.add(volume.name);
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    for (const source of sources.slice(1)) {
      problems.push(forbidden(`${at}.${source}`, 'may not specify more than 1 volume type'));
    }
    return problems;
  });
}

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateToleration(toleration: Toleration, at: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!toleration.key && toleration.operator !== 'Exists') {
    problems.push(
      invalid(
        `${at}.operator`,
        toleration.operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  }
  if (toleration.operator === 'Exists' && toleration.value) {
    problems.push(
      invalid(
        `${at}.operator`,
        { ...toleration },
        "value must be empty when `operator` is 'Exists'",
      ),
    );
  }
  if (toleration.effect && !EFFECTS.includes(toleration.effect)) {
    problems.push(notSupported(`${at}.effect`, toleration.effect, [...EFFECTS].sort()));
  }
  return problems;
}

const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];

function validateDns(spec: PodSpec, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (spec.dnsPolicy && !DNS_POLICIES.includes(spec.dnsPolicy)) {
    problems.push(notSupported(`${field}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES));
  }
  const nameservers = spec.dnsConfig?.nameservers ?? [];
  if (spec.dnsPolicy === 'None' && !spec.dnsConfig) {
    problems.push(
      required(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None'),
    );
  } else if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    problems.push(
      required(
        `${field}.dnsConfig.nameservers`,
        'must provide at least one DNS nameserver when `dnsPolicy` is None',
      ),
    );
  }
  if (nameservers.length > 3) {
    problems.push(
      invalid(
        `${field}.dnsConfig.nameservers`,
        nameservers,
        'must not have more than 3 nameservers',
      ),
    );
  }
  for (const [index, ip] of nameservers.entries()) {
    if (!ipVersion(ip)) {
      problems.push(
        invalid(
          `${field}.dnsConfig.nameservers[${index}]`,
          ip,
          'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        ),
      );
    }
  }
  return problems;
}

/** `ValidatePodSpec`. Simplified: volume sources, affinity and security contexts are checked for their fields alone. */
export function validatePodSpec(spec: PodSpec, field: string): FieldProblem[] {
  const problems = [...validateVolumes(spec, field), ...validateContainers(spec, field)];
  if (!['Always', 'OnFailure', 'Never'].includes(spec.restartPolicy ?? '')) {
    problems.push(
      notSupported(`${field}.restartPolicy`, spec.restartPolicy, ['Always', 'Never', 'OnFailure']),
    );
  }
  problems.push(...validateDns(spec, field));
  problems.push(...validateLabelMap(spec.nodeSelector, `${field}.nodeSelector`));
  for (const name of ['hostname', 'subdomain'] as const) {
    const value = spec[name];
    if (value)
      problems.push(...dnsLabelProblems(value).map((p) => invalid(`${field}.${name}`, value, p)));
  }
  if (spec.serviceAccountName) {
    problems.push(
      ...dnsSubdomainProblems(spec.serviceAccountName).map((p) =>
        invalid(`${field}.serviceAccountName`, spec.serviceAccountName, p),
      ),
    );
  }
  for (const [index, toleration] of (spec.tolerations ?? []).entries()) {
    problems.push(...validateToleration(toleration, `${field}.tolerations[${index}]`));
  }
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    problems.push(
      invalid(
        `${field}.terminationGracePeriodSeconds`,
        spec.terminationGracePeriodSeconds,
        'must be greater than or equal to 0',
      ),
    );
  }
  return problems;
}
