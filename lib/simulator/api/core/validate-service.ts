import { ipVersion } from '../../base/ip.ts';
import { parseCidr } from '../../base/cidr.ts';
import { labelKeyProblem, labelValueProblem } from '../meta/names.ts';
import {
  dnsLabelProblems,
  dnsSubdomainProblems,
  portNameProblems,
  portNumberProblem,
} from '../meta/names.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldProblem,
} from '../schema/field-problem.ts';
import type { Service, ServicePort, ServiceSpec } from './service.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const POLICIES = ['Cluster', 'Local'];

const isHeadless = (spec: ServiceSpec) => spec.clusterIP === 'None';
const isExternal = (spec: ServiceSpec) => spec.type === 'NodePort' || spec.type === 'LoadBalancer';

/** A plain label map, as selectors and labels are checked (`ValidateLabels`). */
export function validateLabelMap(
  labels: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldProblem[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => {
    const keyProblem = labelKeyProblem(key);
    const valueProblem = labelValueProblem(value);
    return [
      ...(keyProblem ? [invalid(field, key, keyProblem)] : []),
      ...(valueProblem ? [invalid(field, value, valueProblem)] : []),
    ];
  });
}

/** `targetPort` and the ports of probes: a number, or the name of a container port. */
export function validatePortNumOrName(port: number | string, field: string): FieldProblem[] {
  if (typeof port === 'number') {
    const problem = portNumberProblem(port);
    return problem ? [invalid(field, port, problem)] : [];
  }
  return portNameProblems(port).map((problem) => invalid(field, port, problem));
}

function validatePortName(
  port: ServicePort,
  field: string,
  isOnly: boolean,
  names: Set<string>,
): FieldProblem[] {
  if (!port.name) return isOnly ? [] : [required(`${field}.name`)];
  const problems = dnsLabelProblems(port.name).map((p) => invalid(`${field}.name`, port.name, p));
  if (names.has(port.name)) problems.push(duplicate(`${field}.name`, port.name));
  names.add(port.name);
  return problems;
}

function validatePort(spec: ServiceSpec, index: number, names: Set<string>): FieldProblem[] {
  const port = spec.ports![index]!;
  const field = `spec.ports[${index}]`;
  const problems = validatePortName(port, field, spec.ports!.length === 1, names);
  const portProblem = portNumberProblem(port.port);
  if (portProblem) problems.push(invalid(`${field}.port`, port.port, portProblem));
  if (!port.protocol) problems.push(required(`${field}.protocol`));
  else if (!PROTOCOLS.includes(port.protocol)) {
    problems.push(notSupported(`${field}.protocol`, port.protocol, PROTOCOLS));
  }
  problems.push(...validatePortNumOrName(port.targetPort ?? port.port, `${field}.targetPort`));
  if (port.appProtocol !== undefined) {
    const appProtocol = labelKeyProblem(port.appProtocol);
    if (appProtocol) problems.push(invalid(`${field}.appProtocol`, port.appProtocol, appProtocol));
  }
  return problems;
}

const isExternalName = (spec: ServiceSpec) => spec.type === 'ExternalName';

/** Two ports may not share number and protocol, nor (outside `hostPort` games) a node port. */
function validateDuplicatePorts(ports: readonly ServicePort[]): FieldProblem[] {
  const seen = new Set<string>();
  const nodePorts = new Set<string>();
  return ports.flatMap((port, index) => {
    const problems: FieldProblem[] = [];
    const key = `${port.protocol}/${port.port}`;
    if (seen.has(key)) {
      problems.push(
        duplicate(`spec.ports[${index}]`, { port: port.port, protocol: port.protocol }),
      );
    }
    seen.add(key);
    if (port.nodePort) {
      const nodeKey = `${port.protocol}/${port.nodePort}`;
      if (nodePorts.has(nodeKey)) {
        problems.push(duplicate(`spec.ports[${index}].nodePort`, port.nodePort));
      }
      nodePorts.add(nodeKey);
    }
    return problems;
  });
}

function validatePorts(spec: ServiceSpec): FieldProblem[] {
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && !isExternalName(spec)) {
    return [required('spec.ports')];
  }
  const names = new Set<string>();
  const problems = ports.flatMap((_, index) => validatePort(spec, index, names));
  if (!isExternal(spec)) {
    for (const [index, port] of ports.entries()) {
      if (port.nodePort) {
        const when = isExternalName(spec) ? 'ExternalName' : 'ClusterIP';
        problems.push(
          forbidden(`spec.ports[${index}].nodePort`, `may not be used when \`type\` is '${when}'`),
        );
      }
    }
  }
  return [...problems, ...validateDuplicatePorts(ports)];
}

function validateAddresses(spec: ServiceSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (isExternalName(spec)) {
    if (spec.clusterIPs && spec.clusterIPs.length > 0) {
      problems.push(forbidden('spec.clusterIPs', "may not be set when `type` is 'ExternalName'"));
    }
  } else {
    for (const [index, ip] of (spec.clusterIPs ?? []).entries()) {
      if (ip === 'None' && index === 0) continue;
      if (!ipVersion(ip)) {
        problems.push(
          invalid(
            `spec.clusterIPs[${index}]`,
            ip,
            'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
          ),
        );
      }
    }
    if (spec.clusterIP && spec.clusterIPs?.[0] !== spec.clusterIP) {
      problems.push(
        invalid('spec.clusterIPs', spec.clusterIPs ?? [], 'first value must match `clusterIP`'),
      );
    }
  }
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    if (!ipVersion(ip)) {
      problems.push(
        invalid(
          `spec.externalIPs[${index}]`,
          ip,
          'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        ),
      );
    }
  }
  return problems;
}

function validateExternalName(spec: ServiceSpec): FieldProblem[] {
  if (!isExternalName(spec)) return [];
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') return [required('spec.externalName')];
  return dnsSubdomainProblems(name).map((problem) =>
    invalid('spec.externalName', spec.externalName, problem),
  );
}

function validateAffinity(spec: ServiceSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!spec.sessionAffinity) problems.push(required('spec.sessionAffinity'));
  else if (!['ClientIP', 'None'].includes(spec.sessionAffinity)) {
    problems.push(notSupported('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']));
  }
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (timeout !== undefined && (timeout <= 0 || timeout > 86_400)) {
    problems.push(
      invalid(
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
        timeout,
        'must be greater than 0 and less than 86400',
      ),
    );
  }
  if (isHeadless(spec) && spec.type === 'LoadBalancer') {
    problems.push(
      invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for LoadBalancer services"),
    );
  }
  if (isHeadless(spec) && spec.type === 'NodePort') {
    problems.push(
      invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for NodePort services"),
    );
  }
  return problems;
}

function validateTrafficPolicies(spec: ServiceSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { internalTrafficPolicy: internal, externalTrafficPolicy: external } = spec;
  if (internal && !POLICIES.includes(internal)) {
    problems.push(notSupported('spec.internalTrafficPolicy', internal, POLICIES));
  }
  if (external && !isExternal(spec) && (spec.externalIPs ?? []).length === 0) {
    problems.push(
      invalid(
        'spec.externalTrafficPolicy',
        external,
        'may only be set for externally-accessible services',
      ),
    );
  } else if (external && !POLICIES.includes(external)) {
    problems.push(notSupported('spec.externalTrafficPolicy', external, POLICIES));
  }
  const distribution = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
  if (spec.trafficDistribution && !distribution.includes(spec.trafficDistribution)) {
    problems.push(notSupported('spec.trafficDistribution', spec.trafficDistribution, distribution));
  }
  return problems;
}

function validateLoadBalancer(spec: ServiceSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    if (!parseCidr(range) || !range.includes('/')) {
      problems.push(
        invalid(
          `spec.loadBalancerSourceRanges[${index}]`,
          range,
          'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        ),
      );
    }
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.type !== 'LoadBalancer') {
    problems.push(
      forbidden(
        'spec.allocateLoadBalancerNodePorts',
        "may only be used when `type` is 'LoadBalancer'",
      ),
    );
  }
  return problems;
}

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** Families and policy of a Service, and addresses against families (`ValidateServiceClusterIPsRelatedFields`). */
function validateFamilies(spec: ServiceSpec): FieldProblem[] {
  const { ipFamilies = [], ipFamilyPolicy, clusterIPs = [] } = spec;
  if (isExternalName(spec)) {
    const detail = 'may not be set for ExternalName services';
    return [
      ...(ipFamilies.length > 0 ? [forbidden('spec.ipFamilies', detail)] : []),
      ...(ipFamilyPolicy ? [forbidden('spec.ipFamilyPolicy', detail)] : []),
    ];
  }
  const problems: FieldProblem[] = [];
  const most = 'may only hold up to 2 values';
  if (ipFamilyPolicy && !FAMILY_POLICIES.includes(ipFamilyPolicy)) {
    problems.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES));
  }
  for (const [index, family] of ipFamilies.entries()) {
    const field = `spec.ipFamilies[${index}]`;
    if (!FAMILIES.includes(family)) problems.push(notSupported(field, family, FAMILIES));
    else if (ipFamilies.indexOf(family) < index) problems.push(duplicate(field, family));
  }
  if (clusterIPs.length > 2) problems.push(invalid('spec.clusterIPs', clusterIPs, most));
  const versions = clusterIPs.map(ipVersion);
  if (versions.length === 2 && versions[0] !== undefined && versions[0] === versions[1]) {
    const detail = 'may specify no more than one IP for each IP family';
    problems.push(invalid('spec.clusterIPs', clusterIPs, detail));
  }
  return [...problems, ...validateAddressFamilies(clusterIPs, ipFamilies)];
}

const validateAddressFamilies = (addresses: readonly string[], families: readonly string[]) =>
  addresses.flatMap((ip, index) => {
    const family = families[index];
    const version = ipVersion(ip);
    if (family === undefined || version === undefined || family === `IPv${version}`) return [];
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    return [invalid(`spec.clusterIPs[${index}]`, ip, detail)];
  });

/** pkg/apis/core/validation `ValidateService`, in its order. */
export function validateService({ spec }: Service): FieldProblem[] {
  const problems = [
    ...validatePorts(spec),
    ...(spec.selector ? validateLabelMap(spec.selector, 'spec.selector') : []),
    ...validateAffinity(spec),
  ];
  if (!TYPES.includes(spec.type ?? '')) {
    problems.push(notSupported('spec.type', spec.type, TYPES));
  }
  return [
    ...problems,
    ...validateExternalName(spec),
    ...validateAddresses(spec),
    ...validateFamilies(spec),
    ...validateTrafficPolicies(spec),
    ...validateLoadBalancer(spec),
  ];
}

/** What may not change: the first cluster IP, while the Service needs one. */
export function validateServiceUpdate(service: Service, previous: Service): FieldProblem[] {
  const before = previous.spec;
  const after = service.spec;
  if (before.type === 'ExternalName' || after.type === 'ExternalName') return [];
  const old = before.clusterIPs?.[0];
  const family = before.ipFamilies?.[0];
  if (family && after.ipFamilies?.[0] && after.ipFamilies[0] !== family) {
    return [invalid('spec.ipFamilies[0]', after.ipFamilies[0], 'may not change once set')];
  }
  if (!old || old === after.clusterIPs?.[0]) return [];
  return [invalid('spec.clusterIPs[0]', after.clusterIPs, 'may not change once set')];
}
