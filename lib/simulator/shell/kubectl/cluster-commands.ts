import { requireKind } from '../../api/kinds.ts';
import { VERSION } from '../../apiserver/discovery.ts';
import { ask, CLIENT_VERSION, fail, isSet, queryOf, urlOf, valueOf, valuesOf } from './call.ts';
import type { Call } from './call.ts';
import { SERVER } from './config.ts';
import { discover, type Discovered } from './discover.ts';
import { flag, type FlagSpec } from './flags.ts';
import { emitYaml } from './print/emit-yaml.ts';
import { alignRows } from './print/tab-writer.ts';

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

const nameOf = ({ resource, group }: Discovered) =>
  group === '' ? resource : `${resource}.${group}`;

const SORT_KEYS: Readonly<Record<string, (each: Discovered) => string>> = {
  '': ({ group, resource }) => `${group}\0${resource}`,
  name: ({ resource }) => resource,
  kind: ({ responseKind }) => responseKind.kind,
};

function selected(call: Call, key: (each: Discovered) => string): Discovered[] {
  const namespaced = valueOf(call, 'namespaced');
  const group = valueOf(call, 'api-group');
  const hasAll = (name: string, list: readonly string[] = []) =>
    valuesOf(call, name).every((word) => list.includes(word));
  const all = discover(call);
  return all
    .filter((each, at) => all.findIndex((other) => nameOf(other) === nameOf(each)) === at)
    .filter(
      (each) =>
        (namespaced === undefined || (each.scope === 'Namespaced') === isSet(call, 'namespaced')) &&
        (group === undefined || each.group === group) &&
        hasAll('verbs', each.verbs) &&
        hasAll('categories', each.categories),
    )
    .sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** `kubectl api-resources`. */
export function apiResources(call: Call): void {
  const output = valueOf(call, 'output') ?? '';
  const key = SORT_KEYS[valueOf(call, 'sort-by') ?? ''];
  if (!['', 'wide', 'name'].includes(output)) {
    fail(
      call,
      `unable to match a printer suitable for the output format ${JSON.stringify(output)}, allowed formats are: json,kyaml,name,wide,yaml`,
    );
    return;
  }
  if (!key) {
    fail(call, '--sort-by accepts only name or kind');
    return;
  }
  const resources = selected(call, key);
  if (output === 'name') {
    call.stdout += resources.map((each) => `${nameOf(each)}\n`).join('');
    return;
  }
  const isWide = output === 'wide';
  const rows = resources.map((each) => [
    each.resource,
    (each.shortNames ?? []).join(','),
    each.apiVersion,
    String(each.scope === 'Namespaced'),
    each.responseKind.kind,
    ...(isWide ? [each.verbs.join(','), (each.categories ?? []).join(',')] : []),
  ]);
  const header = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND'];
  const shown = isWide ? [...header, 'VERBS', 'CATEGORIES'] : header;
  call.stdout += alignRows(isSet(call, 'no-headers') ? rows : [shown, ...rows], []);
}

/** `kubectl api-versions`. */
export function apiVersions(call: Call): void {
  const versions = [...new Set(discover(call).map(({ apiVersion }) => apiVersion))].sort();
  call.stdout += versions.map((version) => `${version}\n`).join('');
}

export const VERSION_FLAGS: readonly FlagSpec[] = [
  flag('client', 'boolean'),
  flag('output', 'string', 'o'),
];

const KUSTOMIZE_VERSION = 'v5.7.1';

/** What the released binary says of itself. */
const CLIENT = {
  major: '1',
  minor: '35',
  gitVersion: CLIENT_VERSION,
  gitCommit: 'fdc9d74cbf2da6754ebf81d56f80ae2948cd6425',
  gitTreeState: 'clean',
  buildDate: '2026-02-26T20:05:34Z',
  goVersion: 'go1.25.7',
  compiler: 'gc',
  platform: 'linux/amd64',
};

/** `kubectl version`. */
export function version(call: Call): void {
  const hasServer = !isSet(call, 'client');
  const all = {
    clientVersion: CLIENT,
    kustomizeVersion: KUSTOMIZE_VERSION,
    ...(hasServer ? { serverVersion: VERSION } : {}),
  };
  const output = valueOf(call, 'output');
  switch (output) {
    case undefined:
      call.stdout += `Client Version: ${CLIENT_VERSION}\nKustomize Version: ${KUSTOMIZE_VERSION}\n`;
      if (hasServer) call.stdout += `Server Version: ${VERSION.gitVersion}\n`;
      return;
    case 'yaml':
      call.stdout += `${emitYaml(all)}\n`;
      return;
    case 'json':
      call.stdout += `${JSON.stringify(all, undefined, 2)}\n`;
      return;
    default:
      fail(call, `--output must be 'yaml' or 'json'`);
  }
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

/** `kubectl top`: there is no metrics server, as in a cluster that nobody gave one. */
export function top(call: Call): void {
  fail(call, 'Metrics API not available');
}
