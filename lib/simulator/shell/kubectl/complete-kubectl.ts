import type { JsonSchema } from '../../api/apiextensions/custom-resource-definition.ts';
import type { Pod } from '../../api/core/pod.ts';
import { findResource, kindKey } from '../../api/kinds.ts';
import type { KindDescription } from '../../api/schema/kind-description.ts';
import type { FieldType } from '../../api/schema/field-type.ts';
import { fieldsOf } from '../../api/schema/type-tables.ts';
import type { Cluster } from '../../cluster.ts';
import { CONTEXT } from './config.ts';
import type { FlagSpec } from './flags.ts';

/** What a word of a kubectl line may be completed from. */
export interface CompletionScope {
  readonly cluster: Cluster;
  /** The current namespace. */
  readonly namespace: string;
  readonly files: readonly string[];
  /** Names of verbs, also of two words: `get`, `create deployment`. */
  readonly verbs: readonly string[];
  readonly flagsOf: (verb: string) => readonly FlagSpec[];
}

const ROLLOUT_KINDS = ['daemonsets', 'deployments', 'statefulsets'];

/** Words that stand behind a verb before anything else. */
const SUBCOMMANDS: Readonly<Record<string, readonly string[]>> = {
  rollout: ['history', 'pause', 'restart', 'resume', 'status', 'undo'],
  config: [
    'current-context',
    'get-clusters',
    'get-contexts',
    'get-users',
    'set-context',
    'use-context',
    'view',
  ],
  auth: ['can-i', 'whoami'],
  set: ['env', 'image', 'resources', 'selector', 'serviceaccount'],
  top: ['node', 'pod'],
};

const POD_VERBS = new Set(['logs', 'exec', 'attach', 'port-forward', 'debug']);
const NODE_VERBS = new Set(['cordon', 'uncordon', 'drain']);
/** Verbs that take kinds and names. */
const OBJECT_VERBS = new Set(
  'annotate delete describe edit expose get label patch scale wait taint'.split(' '),
);

/** What a flag may be set to, where that is a closed list. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  output: ['custom-columns=', 'json', 'jsonpath=', 'name', 'wide', 'yaml'],
  'dry-run': ['client', 'none', 'server'],
  cascade: ['background', 'foreground', 'orphan'],
  type: ['json', 'merge', 'strategic'],
  for: ['condition=', 'create', 'delete', 'jsonpath='],
  restart: ['Always', 'Never', 'OnFailure'],
  validate: ['ignore', 'strict', 'warn'],
  'sort-by': ['.metadata.creationTimestamp', '.metadata.name'],
  context: [CONTEXT],
};
const SERVICE_TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

const startingWith = (words: readonly string[], prefix: string) =>
  words.filter((word) => word.startsWith(prefix));

/** A line up to the word that is completed, taken apart. */
interface Line {
  readonly verb: string;
  /** Words that are no flags, behind the verb. */
  readonly plain: readonly string[];
  /** The flag whose value the last word is. */
  readonly valueOf: string | undefined;
  readonly namespace: string;
}

function readLine(words: readonly string[], scope: CompletionScope): Line {
  const plain: string[] = [];
  let { namespace } = scope;
  let verb = '';
  let waiting: string | undefined;
  for (const word of words) {
    if (waiting !== undefined) {
      if (waiting === 'namespace') namespace = word;
      waiting = undefined;
      continue;
    }
    if (!word.startsWith('-') || word === '-') {
      const longer = verb === '' ? word : `${verb} ${word}`;
      if (plain.length === 0 && scope.verbs.includes(longer)) verb = longer;
      else plain.push(word);
      continue;
    }
    const [name = '', value] = word.replace(/^--?/, '').split(/=(.*)/s);
    const spec = scope.flagsOf(verb).find((flag) => flag.name === name || flag.short === name);
    if (spec?.name === 'namespace' && value !== undefined) namespace = value;
    const needsValue = spec && spec.type !== 'boolean' && spec.bare === undefined;
    if (needsValue && value === undefined) waiting = spec.name;
  }
  return { verb, plain, valueOf: waiting, namespace };
}

const namesOf = ({ cluster }: CompletionScope, kind: KindDescription, namespace: string) =>
  cluster.store
    .list(kindKey(kind), kind.isNamespaced ? { namespace } : {})
    .map(({ metadata }) => metadata.name);

const kindOf = ({ cluster }: CompletionScope, text: string) =>
  findResource(text, cluster.store.kinds);

const listOf = (scope: CompletionScope, type: string, namespace: string): string[] => {
  const kind = kindOf(scope, type);
  return kind ? namesOf(scope, kind, namespace) : [];
};

/** Plural names, with the group where two kinds share one. */
function resourceNames({ cluster }: CompletionScope): string[] {
  const { list } = cluster.store.kinds;
  return [
    ...new Set(
      list.map((kind) => {
        const isFirst = list.find(({ plural }) => plural === kind.plural)?.group === kind.group;
        return isFirst ? kind.plural : `${kind.plural}.${kind.group}`;
      }),
    ),
  ];
}

function containersOf({ cluster }: CompletionScope, { plain, namespace }: Line): string[] {
  const [word = ''] = plain;
  const pod = cluster.store.get<Pod>('Pod', namespace, word.replace(/^pods?\//, ''));
  return [...(pod?.spec.initContainers ?? []), ...(pod?.spec.containers ?? [])].map(
    ({ name }) => name,
  );
}

function flagValues(name: string, line: Line, scope: CompletionScope): readonly string[] {
  switch (name) {
    case 'namespace':
      return listOf(scope, 'namespaces', '');
    case 'filename':
    case 'from-file':
    case 'from-env-file':
    case 'patch-file':
      return scope.files;
    case 'container':
    case 'containers':
      return containersOf(scope, line);
    case 'from':
      return listOf(scope, 'cronjobs', line.namespace).map((each) => `cronjob/${each}`);
    case 'class':
      return listOf(scope, 'ingressclasses', '');
    case 'clusterrole':
      return listOf(scope, 'clusterroles', '');
    case 'role':
      return listOf(scope, 'roles', line.namespace);
    case 'type':
      return line.verb === 'expose' ? SERVICE_TYPES : (VALUES['type'] ?? []);
    default:
      return VALUES[name] ?? [];
  }
}

/** `deploy/we`, or names behind a kind. */
function objects(line: Line, prefix: string, scope: CompletionScope, kinds: readonly string[]) {
  const slash = prefix.indexOf('/');
  if (slash > 0) {
    const type = prefix.slice(0, slash);
    return listOf(scope, type, line.namespace).map((name) => `${type}/${name}`);
  }
  const [first] = line.plain;
  if (first === undefined) return kinds;
  return first.includes('/') ? [] : listOf(scope, first.split(',')[0] ?? '', line.namespace);
}

/** `cnp.spec.sub`: the fields of a custom kind, as its schema says. */
function customPaths(resource: string, path: readonly string[], schema: JsonSchema): string[] {
  let of: JsonSchema | undefined = schema;
  for (const name of path.slice(0, -1)) {
    of = of?.properties?.[name];
    while (of?.items) of = of.items;
  }
  const before = [resource, ...path.slice(0, -1)].join('.');
  const own = path.length === 1 ? ['apiVersion', 'kind', 'metadata'] : [];
  return [...new Set([...own, ...Object.keys(of?.properties ?? {})])].map(
    (name) => `${before}.${name}`,
  );
}

/** `pod.spec.con`: the fields of a kind. */
function fieldPaths(prefix: string, scope: CompletionScope): readonly string[] {
  if (!prefix.includes('.')) return resourceNames(scope);
  const [resource = '', ...path] = prefix.split('.');
  const kind = kindOf(scope, resource);
  if (!kind) return [];
  if (kind.custom) return customPaths(resource, path, kind.custom.schema);
  let ref: string | undefined = kind.type;
  for (const name of path.slice(0, -1)) {
    let type: FieldType | undefined = ref === undefined ? undefined : fieldsOf(ref).get(name)?.type;
    while (type?.form === 'list' || type?.form === 'map') {
      type = type.form === 'list' ? type.item : type.value;
    }
    ref = type?.form === 'struct' ? type.ref : undefined;
  }
  const before = [resource, ...path.slice(0, -1)].join('.');
  return ref === undefined ? [] : [...fieldsOf(ref).keys()].map((name) => `${before}.${name}`);
}

function podsAndWorkloads(line: Line, prefix: string, scope: CompletionScope): readonly string[] {
  if (line.plain.length > 0) return line.verb === 'logs' ? containersOf(scope, line) : [];
  if (prefix.includes('/')) return objects(line, prefix, scope, []);
  return [
    ...listOf(scope, 'pods', line.namespace),
    ...listOf(scope, 'deployments', line.namespace).map((name) => `deploy/${name}`),
    ...(line.verb === 'port-forward'
      ? listOf(scope, 'services', line.namespace).map((name) => `svc/${name}`)
      : []),
  ];
}

function argumentsOf(line: Line, prefix: string, scope: CompletionScope): readonly string[] {
  const { verb, plain } = line;
  const inner = scope.verbs.flatMap((name) =>
    name.startsWith(`${verb} `) ? (name.slice(verb.length + 1).split(' ')[0] ?? []) : [],
  );
  if (inner.length > 0 && plain.length === 0) return [...new Set(inner)];
  const behind = { ...line, plain: plain.slice(1) };
  const subcommands = SUBCOMMANDS[verb];
  if (subcommands && plain.length === 0) return subcommands;
  switch (verb) {
    case 'rollout':
      return objects(behind, prefix, scope, ROLLOUT_KINDS);
    case 'set':
      return objects(behind, prefix, scope, resourceNames(scope));
    case 'config':
      return plain[0] === 'use-context' || plain[0] === 'set-context' ? [CONTEXT] : [];
    case 'auth':
      if (plain[0] !== 'can-i') return [];
      return plain.length === 1
        ? 'create delete get list patch update watch'.split(' ')
        : resourceNames(scope);
    case 'explain':
      return fieldPaths(prefix, scope);
    case 'create token':
      return listOf(scope, 'serviceaccounts', line.namespace);
    default:
      break;
  }
  if (POD_VERBS.has(verb)) return podsAndWorkloads(line, prefix, scope);
  if (NODE_VERBS.has(verb)) return listOf(scope, 'nodes', '');
  if (verb === 'taint') return objects(line, prefix, scope, ['nodes']);
  if (!OBJECT_VERBS.has(verb)) return [];
  return objects(line, prefix, scope, [
    ...resourceNames(scope),
    ...(verb === 'get' ? ['all'] : []),
  ]);
}

/** Words that could stand where a kubectl line ends. `words`: what stands before the last one, without `kubectl`. */
export function completeKubectl(
  words: readonly string[],
  prefix: string,
  scope: CompletionScope,
): string[] {
  const line = readLine(words, scope);
  if (words.includes('--')) return [];
  if (line.valueOf !== undefined) {
    return startingWith(flagValues(line.valueOf, line, scope), prefix);
  }
  const set = /^--([\w-]+)=/.exec(prefix);
  if (set) {
    const values = flagValues(set[1] ?? '', line, scope);
    return startingWith(
      values.map((value) => `${set[0]}${value}`),
      prefix,
    );
  }
  if (prefix.startsWith('-')) {
    return startingWith(
      scope.flagsOf(line.verb).map(({ name }) => `--${name}`),
      prefix,
    );
  }
  if (line.verb === '') {
    return startingWith(
      scope.verbs.filter((verb) => !verb.includes(' ')),
      prefix,
    );
  }
  // `get pods,sv`: what stands before the last comma stays.
  const comma = line.plain.length === 0 ? prefix.lastIndexOf(',') + 1 : 0;
  const head = prefix.slice(0, comma);
  const found = argumentsOf(line, prefix.slice(comma), scope).map((word) => head + word);
  return startingWith(
    found.filter((word) => !line.plain.includes(word)),
    prefix,
  );
}
