import type { Service } from '../../api/core/service.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { requireKind } from '../../api/kinds.ts';
import {
  ask,
  fail,
  failStatus,
  failUsage,
  queryOf,
  urlOf,
  valueOf,
  valuesOf,
  type Call,
} from './call.ts';
import { createFrom, FILE_FLAGS } from './apply.ts';
import { flag, type FlagSpec } from './flags.ts';
import { dryRunOf, printMade, type DryRun, type Made } from './print-made.ts';
import { readManifests } from './resources.ts';

export const CREATE_FLAGS: readonly FlagSpec[] = [
  ...FILE_FLAGS,
  flag('save-config', 'boolean'),
  flag('edit', 'boolean'),
  flag('image', 'list'),
  flag('replicas', 'string', 'r'),
  flag('port', 'string'),
  flag('tcp', 'list'),
  flag('node-port', 'string'),
  flag('clusterip', 'string'),
  flag('external-name', 'string'),
  flag('from-literal', 'list'),
  flag('from-file', 'list'),
];

/** Sends a generated object and says so; with a client dry run it is shown as it would be sent. */
export function make(call: Call, object: KubeObject, verb: string): KubeObject | undefined {
  const dryRun = dryRunOf(call);
  if (!dryRun) return undefined;
  const kind = requireKind(object.kind);
  const sent = dryRun === 'client' ? object : send(call, object, dryRun);
  if (!sent) return undefined;
  printMade(call, [{ kind, object: sent, verb }], dryRun);
  return sent;
}

/** What `create X` says before a refusal; undefined where kubectl says nothing of its own. */
function creatingWord(call: Call, object: KubeObject): string | undefined {
  if (call.command.split(' ')[0] !== 'create') return undefined;
  switch (object.kind) {
    case 'Deployment':
    case 'ConfigMap':
    case 'ServiceAccount':
      return object.kind.toLowerCase();
    case 'Service':
      return `${(object as Service).spec.type} service`;
    default:
      return undefined;
  }
}

function send(call: Call, object: KubeObject, dryRun: DryRun): KubeObject | undefined {
  const kind = requireKind(object.kind);
  const namespace = kind.isNamespaced ? call.namespace : undefined;
  const placed =
    namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace } };
  const answer = ask(call, {
    method: 'POST',
    path: urlOf(kind, namespace) + queryOf({ dryRun: dryRun === 'server' ? 'All' : undefined }),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(placed),
  });
  if (answer.ok) return answer.value;
  const what = creatingWord(call, object);
  if (what === undefined) failStatus(call, answer.status);
  else fail(call, `failed to create ${what}: ${answer.status.message}`);
  return undefined;
}

/** `status: {}` and the like are what a typed client sends; `get` never shows them. */
export const plain = (object: unknown) => object as KubeObject;

function createDeployment(call: Call, name: string): void {
  const images = valuesOf(call, 'image');
  const port = valueOf(call, 'port');
  const replicas = valueOf(call, 'replicas');
  if (images.length === 0) {
    fail(call, 'required flag(s) "image" not set');
    return;
  }
  const labels = { app: name };
  const containers = images.map((image) => ({
    image,
    name: containerNameOf(image),
    ...(port === undefined ? {} : { ports: [{ containerPort: Number(port) }] }),
    resources: {},
  }));
  make(
    call,
    plain({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { labels, name },
      spec: {
        replicas: Number(replicas ?? 1),
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { labels }, spec: { containers } },
      },
      status: {},
    }),
    'created',
  );
}

/** `registry.k8s.io/echo:1` gives `echo`. */
const containerNameOf = (image: string) =>
  (image.split('/').at(-1) ?? image).split(/[:@]/)[0] ?? image;

const SERVICE_TYPES: Readonly<Record<string, string>> = {
  clusterip: 'ClusterIP',
  nodeport: 'NodePort',
  loadbalancer: 'LoadBalancer',
  externalname: 'ExternalName',
};

/** `--tcp=80:8080`. */
function tcpPort(call: Call, text: string) {
  const [port = '', target = port] = text.split(':');
  const nodePort = valueOf(call, 'node-port');
  return {
    name: text.replace(':', '-'),
    ...(nodePort === undefined ? {} : { nodePort: Number(nodePort) }),
    port: Number(port),
    protocol: 'TCP',
    targetPort: /^\d+$/.test(target) ? Number(target) : target,
  };
}

function createService(call: Call, type: string, name: string): void {
  const serviceType = SERVICE_TYPES[type] ?? '';
  const ports = valuesOf(call, 'tcp').map((text) => tcpPort(call, text));
  const externalName = valueOf(call, 'external-name');
  const clusterIP = valueOf(call, 'clusterip');
  if (serviceType === 'ExternalName' && externalName === undefined) {
    fail(call, 'required flag(s) "external-name" not set');
    return;
  }
  if (ports.length === 0 && serviceType !== 'ExternalName' && clusterIP !== 'None') {
    fail(call, 'at least one tcp port specifier must be provided');
    return;
  }
  make(
    call,
    plain({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { labels: { app: name }, name },
      spec: {
        ...(clusterIP === undefined ? {} : { clusterIP }),
        ...(externalName === undefined ? {} : { externalName }),
        ...(ports.length > 0 ? { ports } : {}),
        selector: { app: name },
        type: serviceType,
      },
      status: { loadBalancer: {} },
    }),
    'created',
  );
}

function createConfigMap(call: Call, name: string): void {
  const data: Record<string, string> = {};
  for (const pair of call.flags.values.get('from-literal') ?? []) {
    const [key = '', value] = pair.split(/=(.*)/s);
    if (value === undefined) {
      fail(call, `invalid literal source ${pair}, expected key=value`);
      return;
    }
    data[key] = value;
  }
  for (const source of valuesOf(call, 'from-file')) {
    const [first = '', second] = source.split('=');
    const path = second ?? first;
    const text = call.context.files[path];
    if (text === undefined) {
      fail(call, `error reading ${path}: no such file or directory`);
      return;
    }
    data[second === undefined ? (path.split('/').at(-1) ?? path) : first] = text;
  }
  const content = Object.keys(data).length > 0 ? { data } : {};
  make(
    call,
    plain({ apiVersion: 'v1', ...content, kind: 'ConfigMap', metadata: { name } }),
    'created',
  );
}

/** Names of `kubectl create X NAME`, with what they make. */
const GENERATORS: Readonly<Record<string, (call: Call, name: string) => void>> = {
  deployment: createDeployment,
  configmap: createConfigMap,
  namespace: (call, name) =>
    void make(
      call,
      plain({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {}, status: {} }),
      'created',
    ),
  serviceaccount: (call, name) =>
    void make(
      call,
      plain({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }),
      'created',
    ),
};

const ALIASES: Readonly<Record<string, string>> = {
  deploy: 'deployment',
  cm: 'configmap',
  ns: 'namespace',
  sa: 'serviceaccount',
  svc: 'service',
};

function exactlyOneName(call: Call, names: readonly string[]): string | undefined {
  if (names.length === 1) return names[0];
  failUsage(call, `exactly one NAME is required, got ${names.length}`);
  return undefined;
}

function createByGenerator(call: Call): void {
  const [word = '', ...names] = call.flags.words;
  const what = ALIASES[word] ?? word;
  if (what === 'service') {
    const [type = '', ...rest] = names;
    if (!SERVICE_TYPES[type]) {
      call.command = 'create service';
      failUsage(call, `unknown command ${JSON.stringify(type)}`);
      return;
    }
    const name = exactlyOneName(call, rest);
    if (name !== undefined) createService(call, type, name);
    return;
  }
  const generator = GENERATORS[what];
  if (!generator) {
    failUsage(call, `Unexpected args: [${call.flags.words.join(' ')}]`);
    return;
  }
  if (what === 'deployment' && valuesOf(call, 'image').length === 0) {
    fail(call, 'required flag(s) "image" not set');
    return;
  }
  call.command = `create ${what}`;
  const name = exactlyOneName(call, names);
  if (name !== undefined) generator(call, name);
}

/** `kubectl create`. */
export function create(call: Call): void {
  if (valueOf(call, 'filename') === undefined) {
    if (call.flags.words.length === 0) fail(call, 'must specify one of -f and -k');
    else createByGenerator(call);
    return;
  }
  const dryRun = dryRunOf(call);
  if (!dryRun) return;
  const manifests = readManifests(call);
  if (manifests.length === 0 && call.exitCode === 0) fail(call, 'no objects passed to create');
  const made = manifests.flatMap((manifest): Made[] => {
    const object = createFrom(call, manifest, manifest.object, dryRun, 'kubectl-create');
    return object ? [{ kind: manifest.kind, object, verb: 'created' }] : [];
  });
  printMade(call, made, dryRun);
}
