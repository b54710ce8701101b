import { findResource, findGroupVersionKind } from '../../api/kinds.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../../api/schema/kind-description.ts';
import { discover } from './discover.ts';
import { readYaml } from '../../apiserver/read-yaml.ts';
import {
  ask,
  fail,
  failStatus,
  isSet,
  queryOf,
  urlOf,
  valueOf,
  valuesOf,
  type Call,
} from './call.ts';

/** `service/web`, `deployment.apps/web`: how kubectl names an object in its answers. */
export const formatTarget = (kind: KindDescription, name: string): string =>
  `${kind.singular}${kind.group === '' ? '' : `.${kind.group}`}/${name}`;

/** What the words of a command name: kinds, and names of one kind. */
export interface Target {
  readonly kind: KindDescription;
  /** Absent: all of the kind that selectors leave. */
  readonly name?: string;
}

function expandCategory(call: Call, text: string): readonly KindDescription[] | undefined {
  const members = discover(call).filter(({ categories = [] }) =>
    categories.includes(text.toLowerCase()),
  );
  return members.length === 0
    ? undefined
    : members.flatMap(
        ({ apiVersion, responseKind }) =>
          findGroupVersionKind(apiVersion, responseKind.kind, call.server.store.kinds) ?? [],
      );
}

/** A kind by what people type, of those that the server serves. */
export const resourceOf = (call: Call, text: string): KindDescription | undefined =>
  findResource(text, call.server.store.kinds);

/** Kinds of `pods,svc` or of a category. Undefined after it printed why not. */
export function kindsOf(call: Call, text: string): KindDescription[] | undefined {
  const kinds: KindDescription[] = [];
  for (const part of text.split(',').filter((word) => word !== '')) {
    const found = resourceOf(call, part) ?? expandCategory(call, part);
    if (!found) {
      fail(call, `the server doesn't have a resource type ${JSON.stringify(part)}`);
      return undefined;
    }
    kinds.push(
      ...(Array.isArray(found) ? (found as KindDescription[]) : [found as KindDescription]),
    );
  }
  return [...new Set(kinds)];
}

function slashTargets(call: Call, words: readonly string[]): Target[] | undefined {
  const targets: Target[] = [];
  for (const word of words) {
    const [type = '', name, ...more] = word.split('/');
    if (name === undefined) {
      fail(
        call,
        `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl ${call.command.split(' ')[0]} resource/<resource_name>' instead of 'kubectl ${call.command.split(' ')[0]} resource resource/<resource_name>'`,
      );
      return undefined;
    }
    if (type === '' || name === '' || more.length > 0) {
      fail(call, `arguments in resource/name form must have a single resource and name`);
      return undefined;
    }
    const kinds = kindsOf(call, type);
    if (!kinds) return undefined;
    for (const kind of kinds) targets.push({ kind, name });
  }
  return targets;
}

/** Reads `pods`, `pods web api`, `pod/web svc/api`, `pods,svc`, `all`. Undefined after it printed why not. */
export function parseTargets(call: Call, words: readonly string[]): Target[] | undefined {
  if (words.some((word) => word.includes('/'))) return slashTargets(call, words);
  const [types = '', ...names] = words;
  const kinds = kindsOf(call, types);
  if (!kinds) return undefined;
  if (names.length === 0) return kinds.map((kind) => ({ kind }));
  return kinds.flatMap((kind) => names.map((name) => ({ kind, name })));
}

export const NOTHING_NAMED = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

/** An object that a file describes, with the file's name for messages. */
export interface Manifest {
  readonly kind: KindDescription;
  readonly object: KubeObject;
  readonly source: string;
}

type Raw = { apiVersion?: unknown; kind?: unknown; metadata?: unknown; items?: unknown };

function documentsOf(call: Call, file: string): readonly unknown[] | undefined {
  const text = file === '-' ? call.context.stdin : call.context.files[file];
  if (text === undefined) {
    if (/^https?:/.test(file)) {
      fail(
        call,
        `unable to read URL ${JSON.stringify(file)}: this workstation has no way to the internet`,
      );
    } else fail(call, `the path ${JSON.stringify(file)} does not exist`);
    return undefined;
  }
  const parsed = readYaml(text);
  if (parsed.ok) return parsed.documents;
  const shown = file === '-' ? 'STDIN' : file;
  fail(call, `error parsing ${shown}: error converting YAML to JSON: ${parsed.message}`);
  return undefined;
}

const flatten = (document: unknown): unknown[] => {
  const { kind, items } = (document ?? {}) as Raw;
  return kind === 'List' && Array.isArray(items) ? items.flatMap(flatten) : [document];
};

function manifestOf(call: Call, document: unknown, source: string): Manifest | undefined {
  const shown = source === '-' ? 'STDIN' : source;
  const { apiVersion, kind, metadata } = (document ?? {}) as Raw;
  const missing = [
    ...(typeof apiVersion === 'string' && apiVersion !== '' ? [] : ['apiVersion not set']),
    ...(typeof kind === 'string' && kind !== '' ? [] : ['kind not set']),
  ];
  if (typeof document !== 'object' || Array.isArray(document) || missing.length > 0) {
    fail(
      call,
      (typeof kind === 'string' && kind !== '') || missing.length < 2
        ? `error validating ${JSON.stringify(shown)}: error validating data: ${missing.length > 1 ? `[${missing.join(', ')}]` : missing[0]}; if you choose to ignore these errors, turn validation off with --validate=false`
        : `error validating ${JSON.stringify(shown)}: error validating data: [${missing.join(', ')}]; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
    return undefined;
  }
  const found = findGroupVersionKind(String(apiVersion), String(kind), call.server.store.kinds);
  if (!found) {
    const name = (metadata as { name?: string } | undefined)?.name ?? '';
    const ns = (metadata as { namespace?: string } | undefined)?.namespace ?? '';
    fail(
      call,
      `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(ns)} from ${JSON.stringify(shown)}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}\nensure CRDs are installed first`,
    );
    return undefined;
  }
  return { kind: found, object: document as KubeObject, source };
}

/** Files of a folder name, sorted, or the file itself. */
function filesOf(call: Call, name: string): string[] {
  if (name === '-' || call.context.files[name] !== undefined) return [name];
  const folder = name === '.' || name === './' ? '' : `${name.replace(/\/$/, '')}/`;
  const inside = Object.keys(call.context.files)
    .filter((file) => file.startsWith(folder) && !file.slice(folder.length).includes('/'))
    .filter((file) => /\.(ya?ml|json)$/.test(file));
  return inside.length > 0 ? inside.sort() : [name];
}

/** Objects of all `-f`, with the namespace filled in. A document that cannot be used is reported, the others go on. */
export function readManifests(call: Call): Manifest[] {
  const manifests: Manifest[] = [];
  for (const name of valuesOf(call, 'filename').flatMap((file) => filesOf(call, file))) {
    for (const document of (documentsOf(call, name) ?? []).flatMap(flatten)) {
      const manifest = manifestOf(call, document, name);
      if (!manifest || !placeManifest(call, manifest)) continue;
      manifests.push(manifest);
    }
  }
  return manifests;
}

function placeManifest(call: Call, { kind, object }: Manifest): boolean {
  object.metadata ??= { name: '' };
  if (!kind.isNamespaced) return true;
  const asked = valueOf(call, 'namespace');
  const named = object.metadata.namespace;
  if (named !== undefined && asked !== undefined && named !== asked) {
    fail(
      call,
      `the namespace from the provided object ${JSON.stringify(named)} does not match the namespace ${JSON.stringify(asked)}. You must pass '--namespace=${named}' to perform this operation.`,
    );
    return false;
  }
  object.metadata.namespace = named ?? call.namespace;
  return true;
}

/** An object with its kind, as the API gave it. */
export interface Found {
  readonly kind: KindDescription;
  readonly object: KubeObject;
}

interface ObjectList {
  readonly items: readonly KubeObject[];
}

function withKind(kind: KindDescription, object: KubeObject): KubeObject {
  return {
    ...object,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
  };
}

/** Objects that a target names; errors are printed. */
export function fetchTarget(call: Call, target: Target): Found[] {
  const { kind, name } = target;
  const namespace = isSet(call, 'all-namespaces') ? undefined : call.namespace;
  if (name !== undefined) {
    const answer = ask(call, { method: 'GET', path: urlOf(kind, namespace, name) });
    if (answer.ok) return [{ kind, object: answer.value }];
    failStatus(call, answer.status);
    return [];
  }
  const labelSelector = valueOf(call, 'selector');
  const fieldSelector = valueOf(call, 'field-selector');
  const query = queryOf({ labelSelector, fieldSelector });
  const answer = ask<ObjectList>(call, { method: 'GET', path: urlOf(kind, namespace) + query });
  if (!answer.ok) {
    failStatus(call, answer.status, selectorPrefix(kind, labelSelector, fieldSelector));
    return [];
  }
  return answer.value.items.map((object) => ({ kind, object: withKind(kind, object) }));
}

/** What kubectl says before a refused selector. */
export function selectorPrefix(
  kind: KindDescription,
  labels: string | undefined,
  fields: string | undefined,
): string {
  if (!labels && !fields) return '';
  const version = `${kind.group}/${kind.version}`;
  return `Unable to find "${version}, Resource=${kind.plural}" that match label selector ${JSON.stringify(labels ?? '')}, field selector ${JSON.stringify(fields ?? '')}: `;
}

/** Objects that words or `-f` name, for commands that change what is there. Undefined after it printed why not. */
export function findObjects(call: Call, words: readonly string[]): Found[] | undefined {
  if (valueOf(call, 'filename') !== undefined) {
    return readManifests(call).flatMap(({ kind, object }) => {
      const { namespace, name } = object.metadata;
      const answer = ask(call, { method: 'GET', path: urlOf(kind, namespace, name) });
      if (answer.ok) return [{ kind, object: answer.value }];
      failStatus(call, answer.status);
      return [];
    });
  }
  if (words.length === 0) {
    fail(call, NOTHING_NAMED);
    return undefined;
  }
  const targets = parseTargets(call, words);
  if (!targets) return undefined;
  const isOpen = targets.some(({ name }) => name === undefined);
  const mayBeOpen = isSet(call, 'all') || valueOf(call, 'selector') !== undefined;
  if (isOpen && !mayBeOpen) {
    fail(call, 'resource(s) were provided, but no name was specified');
    return undefined;
  }
  return targets.flatMap((target) => fetchTarget(call, target));
}
