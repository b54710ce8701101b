import { validateLocalReference } from './validate-reference.ts';
import { isIp } from '../meta/address-problems.ts';
import {
  dns1035LabelProblems,
  dnsSubdomainProblems,
  hostProblems,
  portNameProblems,
  portNumberProblem,
} from '../meta/names.ts';
import { invalid, notSupported, required, type FieldProblem } from '../schema/field-problem.ts';
import type { Ingress, IngressBackend, IngressPath, IngressRule } from './ingress.ts';

type ServiceBackend = NonNullable<IngressBackend['service']>;

/** The port of a Service, by its name or by its number. `field` is the backend's. */
function validateServicePort({ port = {} }: ServiceBackend, field: string): FieldProblem[] {
  const { name = '', number = 0 } = port;
  if (name !== '' && number !== 0) {
    return [invalid(field, '', 'cannot set both port name & port number')];
  }
  const at = `${field}.service.port`;
  if (name !== '') {
    return portNameProblems(name).map((problem) => invalid(`${at}.name`, name, problem));
  }
  if (number === 0) return [required(field, 'port name or number is required')];
  const problem = portNumberProblem(number);
  return problem === undefined ? [] : [invalid(`${at}.number`, number, problem)];
}

function validateBackend(backend: IngressBackend | undefined, field: string): FieldProblem[] {
  const { service, resource } = backend ?? {};
  if (service && resource) {
    return [invalid(field, '', 'cannot set both resource and service backends')];
  }
  if (resource) return validateLocalReference(resource, `${field}.resource`);
  if (!service) return [invalid(field, '', 'resource or service backend is required')];
  const { name } = service;
  return [
    ...(name
      ? dns1035LabelProblems(name).map((p) => invalid(`${field}.service.name`, name, p))
      : [required(`${field}.service.name`)]),
    ...validateServicePort(service, field),
  ];
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const INVALID_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const INVALID_SUFFIXES = ['/..', '/.'];

function pathProblems({ path = '', pathType }: IngressPath): string[] {
  const isRelative = path.startsWith('/') ? [] : ['must be an absolute path'];
  if (pathType === 'ImplementationSpecific') return path === '' ? [] : isRelative;
  return [
    ...isRelative,
    ...INVALID_SEQUENCES.filter((part) => path.includes(part)).map(
      (part) => `must not contain '${part}'`,
    ),
    ...INVALID_SUFFIXES.filter((end) => path.endsWith(end)).map(
      (end) => `cannot end with '${end}'`,
    ),
  ];
}

function validatePath(path: IngressPath, field: string): FieldProblem[] {
  const { pathType } = path;
  if (pathType === undefined) {
    return [required(`${field}.pathType`, 'pathType must be specified')];
  }
  const problems = PATH_TYPES.includes(pathType)
    ? pathProblems(path).map((problem) => invalid(`${field}.path`, path.path ?? '', problem))
    : [notSupported(`${field}.pathType`, pathType, PATH_TYPES)];
  return [...problems, ...validateBackend(path.backend, `${field}.backend`)];
}

function validateRule({ host = '', http }: IngressRule, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (isIp(host)) {
    problems.push(invalid(`${field}.host`, host, 'must be a DNS name, not an IP address'));
  }
  if (host !== '') {
    problems.push(...hostProblems(host).map((problem) => invalid(`${field}.host`, host, problem)));
  }
  if (!http) return problems;
  const paths = http.paths ?? [];
  return [
    ...problems,
    ...(paths.length === 0 ? [required(`${field}.http.paths`)] : []),
    ...paths.flatMap((path, index) => validatePath(path, `${field}.http.paths[${index}]`)),
  ];
}

const validateTls = ({ spec: { tls = [] } }: Ingress) =>
  tls.flatMap(({ hosts = [], secretName = '' }, index) => [
    ...hosts.flatMap((host, at) =>
      hostProblems(host).map((p) => invalid(`spec.tls[${index}].hosts[${at}]`, host, p)),
    ),
    ...(secretName === '' ? [] : dnsSubdomainProblems(secretName)).map((p) =>
      invalid(`spec.tls[${index}].secretName`, secretName, p),
    ),
  ]);

/** pkg/apis/networking/validation `ValidateIngressSpec`, in its order. */
export function validateIngress(ingress: Ingress): FieldProblem[] {
  const { rules = [], defaultBackend, ingressClassName = '' } = ingress.spec;
  return [
    ...(rules.length === 0 && !defaultBackend
      ? [
          invalid(
            'spec',
            ingress.spec.rules ?? null,
            'either `defaultBackend` or `rules` must be specified',
          ),
        ]
      : []),
    ...(defaultBackend ? validateBackend(defaultBackend, 'spec.defaultBackend') : []),
    ...rules.flatMap((rule, index) => validateRule(rule, `spec.rules[${index}]`)),
    ...validateTls(ingress),
    ...(ingress.spec.ingressClassName === undefined
      ? []
      : dnsSubdomainProblems(ingressClassName).map((problem) =>
          invalid('spec.ingressClassName', ingressClassName, problem),
        )),
  ];
}
