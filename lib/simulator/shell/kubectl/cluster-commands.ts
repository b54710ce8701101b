import { KINDS } from '../../api/kinds.ts';
import { apiVersionOf } from '../../api/schema/kind-description.ts';
import { VERSION } from '../../apiserver/discovery.ts';
import { requireKind } from '../../api/kinds.ts';
import { ask, fail, failUsage, isSet, queryOf, urlOf, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { emitYaml } from './print/emit-yaml.ts';
import { alignRows } from './print/tab-writer.ts';

/** The kubeconfig that the workstation comes with. */
const CONTEXT = 'kubernetes-admin@kubernetes';
const CLUSTER = 'kubernetes';
const USER = 'kubernetes-admin';
/** Where the API server answers, for people; nothing in the terminal goes there by address. */
const SERVER = 'https://192.168.10.10:6443';

const CLIENT_VERSION = 'v1.35.0';

export const API_RESOURCES_FLAGS: readonly FlagSpec[] = [
  flag('output', 'string', 'o'),
  flag('namespaced', 'boolean'),
  flag('api-group', 'string'),
  flag('no-headers', 'boolean'),
  flag('sort-by', 'string'),
  flag('verbs', 'list'),
  flag('categories', 'list'),
  flag('cached', 'boolean'),
];

/** `kubectl api-resources`. */
export function apiResources(call: Call): void {
  const namespaced = valueOf(call, 'namespaced');
  const group = valueOf(call, 'api-group');
  const kinds = KINDS.filter(
    (kind) =>
      (namespaced === undefined || kind.isNamespaced === isSet(call, 'namespaced')) &&
      (group === undefined || kind.group === group),
  );
  if (valueOf(call, 'output') === 'name') {
    const names = kinds.map((kind) =>
      kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`,
    );
    call.stdout += names.map((name) => `${name}\n`).join('');
    return;
  }
  const isWide = valueOf(call, 'output') === 'wide';
  const rows = kinds.map((kind) => [
    kind.plural,
    kind.shortNames.join(','),
    apiVersionOf(kind),
    String(kind.isNamespaced),
    kind.kind,
    ...(isWide
      ? ['create,delete,deletecollection,get,list,patch,update,watch', kind.categories.join(',')]
      : []),
  ]);
  const header = [
    'NAME',
    'SHORTNAMES',
    'APIVERSION',
    'NAMESPACED',
    'KIND',
    ...(isWide ? ['VERBS', 'CATEGORIES'] : []),
  ];
  call.stdout += alignRows(isSet(call, 'no-headers') ? rows : [header, ...rows], []);
}

/** `kubectl api-versions`. */
export function apiVersions(call: Call): void {
  const versions = [...new Set(KINDS.map(apiVersionOf))].sort();
  call.stdout += versions.map((version) => `${version}\n`).join('');
}

export const VERSION_FLAGS: readonly FlagSpec[] = [
  flag('client', 'boolean'),
  flag('output', 'string', 'o'),
];

/** `kubectl version`. */
export function version(call: Call): void {
  call.stdout += `Client Version: ${CLIENT_VERSION}\nKustomize Version: v5.7.1\n`;
  if (!isSet(call, 'client')) call.stdout += `Server Version: ${VERSION.gitVersion}\n`;
}

interface NamedService {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
  };
  readonly spec: { readonly ports?: { readonly name?: string }[] };
}

/** `kubectl cluster-info`. */
export function clusterInfo(call: Call): void {
  call.stdout += `Kubernetes control plane is running at ${SERVER}\n`;
  const query = queryOf({ labelSelector: 'kubernetes.io/cluster-service=true' });
  const path = urlOf(requireKind('Service'), 'kube-system') + query;
  const answer = ask<{ items: NamedService[] }>(call, { method: 'GET', path });
  for (const { metadata, spec } of answer.ok ? answer.value.items : []) {
    const port = spec.ports?.[0]?.name;
    const name = metadata.labels?.['kubernetes.io/name'] ?? metadata.name;
    const service = port ? `${metadata.name}:${port}` : metadata.name;
    call.stdout += `${name} is running at ${SERVER}/api/v1/namespaces/kube-system/services/${service}/proxy\n`;
  }
  call.stdout +=
    "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n";
}

export const CONFIG_FLAGS: readonly FlagSpec[] = [
  flag('current', 'boolean'),
  flag('minify', 'boolean'),
  flag('raw', 'boolean'),
  flag('flatten', 'boolean'),
  flag('output', 'string', 'o'),
  flag('no-headers', 'boolean'),
];

/** `namespace: default` is what a kubeconfig without one means. */
const contextOf = (call: Call) => {
  const { namespace } = call.context;
  return {
    cluster: CLUSTER,
    ...(namespace === 'default' ? {} : { namespace }),
    user: USER,
  };
};

function viewConfig(call: Call): void {
  call.stdout += emitYaml({
    apiVersion: 'v1',
    clusters: [
      { cluster: { 'certificate-authority-data': 'DATA+OMITTED', server: SERVER }, name: CLUSTER },
    ],
    contexts: [{ context: contextOf(call), name: CONTEXT }],
    'current-context': CONTEXT,
    kind: 'Config',
    users: [
      {
        name: USER,
        user: { 'client-certificate-data': 'DATA+OMITTED', 'client-key-data': 'DATA+OMITTED' },
      },
    ],
  });
}

function setContext(call: Call, name: string | undefined): void {
  if (!isSet(call, 'current') && name !== CONTEXT) {
    fail(call, 'only the current context can be changed in this terminal: use --current');
    return;
  }
  const namespace = valueOf(call, 'namespace');
  // An empty namespace takes the setting away.
  if (namespace !== undefined) call.context.namespace = namespace === '' ? 'default' : namespace;
  call.stdout += `Context ${JSON.stringify(CONTEXT)} modified.\n`;
}

/** `kubectl config`: one cluster, one user, one context, whose namespace may change. */
export function config(call: Call): void {
  const [what, name] = call.flags.words;
  switch (what) {
    case 'view':
      return viewConfig(call);
    case 'current-context':
      call.stdout += `${CONTEXT}\n`;
      return undefined;
    case 'get-contexts': {
      const { namespace } = call.context;
      const rows = [
        ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'],
        ['*', CONTEXT, CLUSTER, USER, namespace === 'default' ? '' : namespace],
      ];
      call.stdout += alignRows(rows, []);
      return undefined;
    }
    case 'use-context':
      if (name !== CONTEXT)
        return fail(call, `no context exists with the name: ${JSON.stringify(name ?? '')}`);
      call.stdout += `Switched to context ${JSON.stringify(CONTEXT)}.\n`;
      return undefined;
    case 'set-context':
      return setContext(call, name);
    case undefined:
      call.stdout +=
        'Available here: config current-context, get-contexts, set-context, use-context, view.\n';
      call.exitCode = 1;
      return undefined;
    default:
      return failUsage(call, `unknown command ${JSON.stringify(what)}`);
  }
}

export const AUTH_FLAGS: readonly FlagSpec[] = [
  flag('list', 'boolean'),
  flag('all-namespaces', 'boolean', 'A'),
  flag('quiet', 'boolean', 'q'),
  flag('subresource', 'string'),
  flag('no-headers', 'boolean'),
  flag('output', 'string', 'o'),
];

function canI(call: Call, words: readonly string[]): void {
  if (isSet(call, 'list')) {
    const rows = [
      ['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'],
      ['*.*', '[]', '[]', '[*]'],
      ['', '[*]', '[]', '[*]'],
    ];
    call.stdout += alignRows(rows, []);
    return;
  }
  if (words.length < 2) {
    fail(
      call,
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
    );
    return;
  }
  const answer = ask<{ status?: { allowed?: boolean } }>(call, {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: JSON.stringify({ spec: { resourceAttributes: { verb: words[0], resource: words[1] } } }),
  });
  const isAllowed = answer.ok && answer.value.status?.allowed === true;
  if (!isSet(call, 'quiet')) call.stdout += isAllowed ? 'yes\n' : 'no\n';
  if (!isAllowed) call.exitCode = 1;
}

/** `kubectl auth can-i` and `whoami`. */
export function auth(call: Call): void {
  const [what, ...words] = call.flags.words;
  if (what === 'can-i') return canI(call, words);
  if (what === 'whoami') {
    const groups = '[kubeadm:cluster-admins system:authenticated]';
    call.stdout += alignRows(
      [
        ['ATTRIBUTE', 'VALUE'],
        ['Username', USER],
        ['Groups', groups],
      ],
      [],
    );
    return undefined;
  }
  if (what !== undefined) return failUsage(call, `unknown command ${JSON.stringify(what)}`);
  call.stdout += 'Available here: auth can-i, auth whoami.\n';
  call.exitCode = 1;
  return undefined;
}

/** `kubectl top`: there is no metrics server, as in a cluster that nobody gave one. */
export function top(call: Call): void {
  fail(call, 'Metrics API not available');
}
