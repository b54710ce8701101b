import { fail, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { pairsOf } from './key-values.ts';
import type { Making } from './make.ts';

export const INGRESS_FLAGS: readonly FlagSpec[] = [
  flag('rule', 'list'),
  flag('class', 'string'),
  flag('default-backend', 'string'),
  flag('annotation', 'list'),
];

/** `host/path=service:port[,tls[=secret]]`. */
const RULE = /^(\*\.)?[A-Za-z0-9.-]*\/[^=]*=[A-Za-z0-9-]+:[A-Za-z0-9-]+(,tls(=[A-Za-z0-9-]+)?)?$/;

const backendOf = (text: string) => {
  const [name, port = ''] = text.split(':');
  return {
    service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } },
  };
};

const hostOf = (rule: string) => rule.slice(0, rule.indexOf('/'));

function pathOf(rule: string) {
  const [path = '', service = ''] = (rule.split(',')[0] ?? '').slice(rule.indexOf('/')).split('=');
  const isPrefix = path.endsWith('*');
  return {
    backend: backendOf(service),
    path: isPrefix ? path.slice(0, -1) : path,
    pathType: isPrefix ? 'Prefix' : 'Exact',
  };
}

function rulesOf(rules: readonly string[]) {
  const paths = new Map<string, ReturnType<typeof pathOf>[]>();
  for (const rule of rules) {
    paths.set(hostOf(rule), [...(paths.get(hostOf(rule)) ?? []), pathOf(rule)]);
  }
  return [...paths].map(([host, list]) => ({
    ...(host === '' ? {} : { host }),
    http: { paths: list },
  }));
}

/** Hosts with `,tls`, grouped by their Secret; a host counts once. */
function tlsOf(rules: readonly string[]) {
  const groups: { hosts: string[]; secretName: string }[] = [];
  const seen = new Set<string>();
  for (const rule of rules.filter((text) => text.includes(','))) {
    const host = hostOf(rule);
    if (seen.has(host)) continue;
    seen.add(host);
    const secretName = (rule.split(',')[1] ?? '').split('=')[1] ?? '';
    const known = groups.find((group) => group.secretName === secretName);
    if (known) known.hosts.push(host);
    else if (host !== '' || secretName !== '') {
      groups.push({ hosts: host === '' ? [] : [host], secretName });
    }
  }
  return groups.map(({ hosts, secretName }) => ({
    ...(hosts.length > 0 ? { hosts } : {}),
    ...(secretName === '' ? {} : { secretName }),
  }));
}

function problemOf(rules: readonly string[], annotations: readonly string[], backend?: string) {
  if (!backend && rules.length === 0) {
    return 'not enough information provided: every ingress has to either specify a default-backend (which catches all traffic) or a list of rules (which catch specific paths)';
  }
  const rule = rules.find((text) => !RULE.test(text));
  if (rule !== undefined) {
    return `rule ${rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]`;
  }
  const annotation = annotations.find((text) => !text.includes('='));
  if (annotation !== undefined) {
    return `annotation ${annotation} is invalid and should be in format key=[value]`;
  }
  return backend && backend.split(':').length !== 2
    ? 'default-backend should be in format servicename:serviceport'
    : undefined;
}

/** `kubectl create ingress`. */
export function generateIngress(call: Call, name: string): Making | undefined {
  const rules = call.flags.values.get('rule') ?? [];
  const annotations = call.flags.values.get('annotation') ?? [];
  const backend = valueOf(call, 'default-backend');
  const problem = problemOf(rules, annotations, backend);
  if (problem !== undefined) {
    fail(call, problem);
    return undefined;
  }
  const ingressClass = valueOf(call, 'class');
  const tls = tlsOf(rules);
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      ...(annotations.length === 0
        ? {}
        : {
            annotations: pairsOf(annotations),
          }),
      name,
    },
    spec: {
      ...(backend ? { defaultBackend: backendOf(backend) } : {}),
      ...(ingressClass === undefined ? {} : { ingressClassName: ingressClass }),
      ...(rules.length === 0 ? {} : { rules: rulesOf(rules) }),
      ...(tls.length === 0 ? {} : { tls }),
    },
    status: { loadBalancer: {} },
  };
  return { object, refused: 'failed to create ingress: ' };
}
