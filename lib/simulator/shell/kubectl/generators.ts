import { requireKind } from '../../api/kinds.ts';
import { ask, fail, failUsage, urlOf, valueOf, valuesOf } from './call.ts';
import type { Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { generateIngress, INGRESS_FLAGS } from './generate-ingress.ts';
import { generateCronJob, generateJob } from './generate-job.ts';
import {
  BINDING_FLAGS,
  CLUSTER_ROLE_FLAGS,
  generateBinding,
  generateRole,
  ROLE_FLAGS,
} from './generate-role.ts';
import { base64, pairsOf, readKeyValues, SOURCE_FLAGS } from './key-values.ts';
import { make, MAKE_FLAGS, type Making } from './make.ts';
import { parseDuration } from './parse-duration.ts';
import { SECOND } from '../../base/clock.ts';

/** What a subcommand of `create` makes of its words; undefined after it printed why not. */
type Generate = (call: Call, name: string, command: readonly string[]) => Making | undefined;

export interface Generator {
  readonly flags: readonly FlagSpec[];
  readonly run: (call: Call) => void;
}

export const GENERATOR_ALIASES: Readonly<Record<string, string>> = {
  deploy: 'deployment',
  cm: 'configmap',
  ns: 'namespace',
  sa: 'serviceaccount',
  svc: 'service',
  cj: 'cronjob',
  ing: 'ingress',
  pdb: 'poddisruptionbudget',
};

/** Flags that cobra insists on, in the order of their names. */
function missingFlags(call: Call, required: readonly string[]): boolean {
  const missing = required.filter((name) => !call.flags.values.has(name));
  if (missing.length === 0) return false;
  fail(call, `required flag(s) ${missing.map((name) => JSON.stringify(name)).join(', ')} not set`);
  return true;
}

const generator = (
  flags: readonly FlagSpec[],
  generate: Generate,
  required: readonly string[] = [],
): Generator => ({
  flags: [...MAKE_FLAGS, ...flags],
  run(call) {
    const { words, dashAt = words.length } = call.flags;
    if (missingFlags(call, required)) return;
    if (dashAt !== 1) {
      failUsage(call, `exactly one NAME is required, got ${dashAt}`);
      return;
    }
    const making = generate(call, words[0] ?? '', words.slice(1));
    if (making) make(call, making, 'created');
  },
});

/** `registry.k8s.io/echo:1` gives `echo`. */
const containerNameOf = (image: string) =>
  (image.split('/').at(-1) ?? image).split(/[:@]/)[0] ?? image;

/** Several containers of one image get names of their own; kubectl draws the endings. */
const generateDeployment: Generate = (call, name, command) => {
  const images = valuesOf(call, 'image');
  const port = valueOf(call, 'port');
  if (images.length > 1 && command.length > 0) {
    fail(call, 'cannot specify multiple --image options and command');
    return undefined;
  }
  const labels = { app: name };
  const containers = images.map((image) => ({
    ...(command.length === 0 ? {} : { command }),
    image,
    name: containerNameOf(image),
    ...(port === undefined ? {} : { ports: [{ containerPort: Number(port) }] }),
    resources: {},
  }));
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { labels, name },
    spec: {
      replicas: Number(valueOf(call, 'replicas') ?? 1),
      selector: { matchLabels: labels },
      strategy: {},
      template: { metadata: { labels }, spec: { containers } },
    },
    status: {},
  };
  return { object, refused: 'failed to create deployment: ' };
};

type ServiceType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';

/** `--tcp=80:8080`; undefined after it printed why not. */
function tcpPort(call: Call, text: string) {
  const [port = '', target = port, ...more] = text.split(':');
  if (more.length > 0 || !/^\d+$/.test(port) || Number(port) > 65535) {
    fail(call, `invalid port format: ${text}`);
    return undefined;
  }
  const nodePort = valueOf(call, 'node-port');
  return {
    name: text.replace(':', '-'),
    ...(nodePort === undefined ? {} : { nodePort: Number(nodePort) }),
    port: Number(port),
    protocol: 'TCP',
    targetPort: /^\d+$/.test(target) ? Number(target) : target,
  };
}

const generateService =
  (type: ServiceType): Generate =>
  (call, name) => {
    const clusterIP = valueOf(call, 'clusterip');
    const texts = valuesOf(call, 'tcp');
    if (texts.length === 0 && type !== 'ExternalName' && clusterIP !== 'None') {
      fail(call, 'at least one tcp port specifier must be provided');
      return undefined;
    }
    const ports = texts.map((text) => tcpPort(call, text));
    if (ports.includes(undefined)) return undefined;
    const externalName = valueOf(call, 'external-name');
    const object = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { labels: { app: name }, name },
      spec: {
        ...(clusterIP === undefined ? {} : { clusterIP }),
        ...(externalName === undefined ? {} : { externalName }),
        ...(ports.length > 0 ? { ports } : {}),
        selector: { app: name },
        type,
      },
      status: { loadBalancer: {} },
    };
    return { object, refused: `failed to create ${type} service: ` };
  };

const generateConfigMap: Generate = (call, name) => {
  const data = readKeyValues(call);
  if (!data) return undefined;
  const content = Object.keys(data).length > 0 ? { data } : {};
  const object = { apiVersion: 'v1', ...content, kind: 'ConfigMap', metadata: { name } };
  return { object, refused: 'failed to create configmap: ' };
};

function secret(name: string, data: Readonly<Record<string, string>>, type?: string): Making {
  const encoded = Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, base64(value)]),
  );
  const object = {
    apiVersion: 'v1',
    ...(Object.keys(data).length > 0 ? { data: encoded } : {}),
    kind: 'Secret',
    metadata: { name },
    ...(type === undefined ? {} : { type }),
  };
  return { object, refused: 'failed to create secret ' };
}

const generateSecret: Generate = (call, name) => {
  const data = readKeyValues(call);
  return data && secret(name, data, valueOf(call, 'type'));
};

const generateTlsSecret: Generate = (call, name) => {
  const files = ['cert', 'key'].map((word) => valueOf(call, word));
  const [cert, key] = files;
  if (!cert || !key) {
    fail(call, 'key and cert must be specified');
    return undefined;
  }
  const missing = files.find((file) => call.context.files[file ?? ''] === undefined);
  if (missing !== undefined) {
    fail(call, `open ${missing}: no such file or directory`);
    return undefined;
  }
  const { files: texts } = call.context;
  return secret(
    name,
    { 'tls.crt': texts[cert] ?? '', 'tls.key': texts[key] ?? '' },
    'kubernetes.io/tls',
  );
};

const PDB_COUNTS = ['max-unavailable', 'min-available'] as const;
const countOf = (text: string) => (/^-?\d+$/.test(text) ? Number(text) : text);

const generateBudget: Generate = (call, name) => {
  const selector = valueOf(call, 'selector') ?? '';
  const [max, min] = PDB_COUNTS.map((word) => valueOf(call, word));
  const problem =
    selector === ''
      ? 'a selector must be specified'
      : max === undefined && min === undefined
        ? 'one of min-available or max-unavailable must be specified'
        : max !== undefined && min !== undefined
          ? 'min-available and max-unavailable cannot be both specified'
          : undefined;
  if (problem !== undefined) {
    fail(call, problem);
    return undefined;
  }
  const object = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: {
      ...(max === undefined ? {} : { maxUnavailable: countOf(max) }),
      ...(min === undefined ? {} : { minAvailable: countOf(min) }),
      selector: {
        matchLabels: pairsOf(selector.split(',')),
      },
    },
    status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
  };
  return { object, refused: 'failed to create poddisruptionbudgets: ' };
};

/** `create token`: the server signs one; nothing is stored. */
function createToken(call: Call): void {
  const [name, ...more] = call.flags.words;
  if (name === undefined || more.length > 0) {
    failUsage(call, `exactly one NAME is required, got ${call.flags.words.length}`);
    return;
  }
  const seconds = Math.round((parseDuration(valueOf(call, 'duration') ?? '0') ?? 0) / SECOND);
  const kind = valueOf(call, 'bound-object-kind');
  const boundObjectRef = kind && {
    apiVersion: 'v1',
    kind,
    name: valueOf(call, 'bound-object-name'),
    uid: valueOf(call, 'bound-object-uid'),
  };
  const answer = ask<{ status: { token: string } }>(call, {
    method: 'POST',
    path: urlOf(requireKind('ServiceAccount'), call.namespace, name, 'token'),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: call.flags.values.get('audience') ?? [],
        ...(seconds > 0 ? { expirationSeconds: seconds } : {}),
        ...(boundObjectRef ? { boundObjectRef } : {}),
      },
    }),
  });
  if (answer.ok) call.stdout += `${answer.value.status.token}\n`;
  else fail(call, `failed to create token: ${answer.status.message}`);
}

const IMAGE = flag('image', 'string');
const TCP = flag('tcp', 'list');
const simple = (apiVersion: string, kind: string, rest: object, refused?: string) =>
  generator([], (_, name) => ({
    object: { apiVersion, kind, metadata: { name }, ...rest },
    ...(refused === undefined ? {} : { refused }),
  }));

/** `create service` and `create secret` alone, and an unknown kind of them. */
const group = (what: string, known: string): Generator => ({
  flags: [],
  run(call) {
    if (call.flags.words.length > 0) {
      failUsage(call, `unknown command ${JSON.stringify(call.flags.words.join(' '))}`);
      return;
    }
    call.stderr += `Available here: ${known.replaceAll(/\S+ ?/g, (word) => `create ${what} ${word}`).replaceAll(' create', ', create')}.\n`;
    call.exitCode = 1;
  },
});

/** Subcommands of `kubectl create`, by what stands behind `create`. */
export const GENERATORS: Readonly<Record<string, Generator>> = {
  deployment: generator(
    [flag('image', 'list'), flag('replicas', 'int', 'r'), flag('port', 'int')],
    generateDeployment,
    ['image'],
  ),
  service: group('service', 'clusterip externalname loadbalancer nodeport'),
  'service clusterip': generator([TCP, flag('clusterip', 'string')], generateService('ClusterIP')),
  'service nodeport': generator([TCP, flag('node-port', 'int')], generateService('NodePort')),
  'service loadbalancer': generator([TCP], generateService('LoadBalancer')),
  'service externalname': generator(
    [TCP, flag('external-name', 'string')],
    generateService('ExternalName'),
    ['external-name'],
  ),
  configmap: generator(SOURCE_FLAGS, generateConfigMap),
  secret: group('secret', 'generic tls'),
  'secret generic': generator([...SOURCE_FLAGS, flag('type', 'string')], generateSecret),
  'secret tls': generator([flag('cert', 'string'), flag('key', 'string')], generateTlsSecret),
  namespace: simple('v1', 'Namespace', { spec: {}, status: {} }),
  serviceaccount: simple('v1', 'ServiceAccount', {}, 'failed to create serviceaccount: '),
  job: generator([IMAGE, flag('from', 'string')], generateJob),
  cronjob: generator(
    [IMAGE, flag('schedule', 'string'), flag('restart', 'string')],
    generateCronJob,
    ['image', 'schedule'],
  ),
  ingress: generator(INGRESS_FLAGS, generateIngress),
  role: generator(ROLE_FLAGS, generateRole('Role')),
  clusterrole: generator(CLUSTER_ROLE_FLAGS, generateRole('ClusterRole')),
  rolebinding: generator(BINDING_FLAGS, generateBinding('RoleBinding')),
  clusterrolebinding: generator(BINDING_FLAGS, generateBinding('ClusterRoleBinding')),
  poddisruptionbudget: generator(
    [...PDB_COUNTS.map((name) => flag(name, 'string')), flag('selector', 'string')],
    generateBudget,
  ),
  token: {
    flags: [
      flag('audience', 'list'),
      flag('duration', 'duration'),
      flag('output', 'string', 'o'),
      ...['kind', 'name', 'uid'].map((part) => flag(`bound-object-${part}`, 'string')),
    ],
    run: createToken,
  },
};
