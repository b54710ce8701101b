import type { KubeObject, Status } from '../../api/meta/object.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import { apiVersionOf, type KindDescription } from '../../api/schema/kind-description.ts';
import type { Table, TableRow } from '../../apiserver/table.ts';
import type { CommandResult } from '../command.ts';
import {
  ask,
  fail,
  failStatus,
  isSet,
  queryOf,
  TABLE_ACCEPT,
  urlOf,
  valueOf,
  type Answer,
  type Call,
} from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { findValues, parseJsonPath, relaxPath } from './print/jsonpath.ts';
import { parseOutputFormat, printValue, type OutputFormat } from './print/output-format.ts';
import { printTable } from './print/print-table.ts';
import {
  formatTarget,
  parseTargets,
  readManifests,
  selectorPrefix,
  type Target,
} from './resources.ts';
import { startWatch, tableOptions } from './watch.ts';

export const GET_FLAGS: readonly FlagSpec[] = [
  flag('output', 'string', 'o'),
  flag('selector', 'string', 'l'),
  flag('field-selector', 'string'),
  flag('all-namespaces', 'boolean', 'A'),
  flag('watch', 'boolean', 'w'),
  flag('watch-only', 'boolean'),
  flag('output-watch-events', 'boolean'),
  flag('show-labels', 'boolean'),
  flag('label-columns', 'list', 'L'),
  flag('show-kind', 'boolean'),
  flag('no-headers', 'boolean'),
  flag('sort-by', 'string'),
  flag('filename', 'list', 'f'),
  flag('ignore-not-found', 'boolean'),
  flag('chunk-size', 'int'),
  flag('raw', 'string'),
  flag('subresource', 'string'),
  flag('template', 'string'),
  flag('allow-missing-template-keys', 'boolean'),
  flag('show-managed-fields', 'boolean'),
  flag('server-print', 'boolean'),
  flag('recursive', 'boolean', 'R'),
];

/** A target and where it lives. */
interface Request {
  readonly kind: KindDescription;
  readonly path: string;
  readonly isList: boolean;
}

function requestOf(call: Call, { kind, name }: Target, namespace = call.namespace): Request {
  const scope = isSet(call, 'all-namespaces') ? undefined : namespace;
  return { kind, path: urlOf(kind, scope, name), isList: name === undefined };
}

const selectorsOf = (call: Call) => ({
  labelSelector: valueOf(call, 'selector'),
  fieldSelector: valueOf(call, 'field-selector'),
});

function fetch<T>(
  call: Call,
  request: Request,
  accept: string,
  extra: Readonly<Record<string, string | undefined>> = {},
): T | undefined {
  const selectors = request.isList ? selectorsOf(call) : {};
  const answer: Answer<T> = ask<T>(call, {
    method: 'GET',
    path: request.path + queryOf({ ...selectors, ...extra }),
    headers: { accept },
  });
  if (answer.ok) return answer.value;
  const isExpected = answer.status.reason === 'NotFound' && isSet(call, 'ignore-not-found');
  if (!isExpected) {
    const prefix = request.isList
      ? selectorPrefix(request.kind, valueOf(call, 'selector'), valueOf(call, 'field-selector'))
      : '';
    failStatus(call, answer.status, prefix);
  }
  return undefined;
}

const prefixOf = (kind: KindDescription) => formatTarget(kind, '');

type SortKey = string | number;

function compareKeys(a: SortKey | undefined, b: SortKey | undefined): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  return a < b ? -1 : 1;
}

/** Rows in the order of a field; rows without it come first. */
function sortRows<T>(
  rows: readonly T[],
  path: string,
  objectOf: (row: T) => unknown,
): readonly T[] {
  const template = parseJsonPath(relaxPath(path));
  if (!template.ok) return rows;
  const keyed = rows.map((row) => ({
    row,
    key: findValues(template.nodes, objectOf(row))[0] as SortKey | undefined,
  }));
  return keyed.sort((a, b) => compareKeys(a.key, b.key)).map(({ row }) => row);
}

interface KindTable {
  readonly kind: KindDescription;
  readonly columns: NonNullable<Table['columnDefinitions']>;
  readonly rows: TableRow[];
  readonly resourceVersion: string;
}

function fetchTables(call: Call, requests: readonly Request[]): KindTable[] {
  const sortBy = valueOf(call, 'sort-by');
  const tables: KindTable[] = [];
  for (const request of requests) {
    const extra = { includeObject: sortBy === undefined ? undefined : 'Object' };
    const table = fetch<Table>(call, request, TABLE_ACCEPT, extra);
    if (!table) continue;
    const last = tables.at(-1);
    if (last?.kind === request.kind) last.rows.push(...table.rows);
    else {
      tables.push({
        kind: request.kind,
        columns: table.columnDefinitions ?? [],
        rows: [...table.rows],
        resourceVersion: table.metadata.resourceVersion,
      });
    }
  }
  return tables;
}

function sayNothingFound(call: Call, requests: readonly Request[]): void {
  if (isSet(call, 'ignore-not-found')) return;
  const isScoped = !isSet(call, 'all-namespaces') && requests.some(({ kind }) => kind.isNamespaced);
  call.stderr += isScoped
    ? `No resources found in ${call.namespace} namespace.\n`
    : 'No resources found\n';
}

function printTables(call: Call, requests: readonly Request[], isWide: boolean): void {
  const tables = fetchTables(call, requests);
  const kinds = new Set(requests.map(({ kind }) => kind));
  const showKind = tables.length > 0 && (kinds.size > 1 || isSet(call, 'show-kind'));
  const sortBy = valueOf(call, 'sort-by');
  const shown = tables.filter(({ rows }) => rows.length > 0);
  for (const [index, { kind, columns, rows }] of shown.entries()) {
    if (index > 0) call.stdout += '\n';
    const options = tableOptions(call, isWide, showKind ? prefixOf(kind) : '');
    const sorted = sortBy === undefined ? rows : sortRows(rows, sortBy, ({ object }) => object);
    call.stdout += printTable({ rows: sorted }, columns, options, []);
  }
  if (shown.length === 0 && call.exitCode === 0) sayNothingFound(call, requests);
}

interface ObjectList {
  readonly items: readonly KubeObject[];
}

function fetchItems(call: Call, request: Request): KubeObject[] {
  if (!request.isList) {
    const object = fetch<KubeObject>(call, request, 'application/json');
    return object ? [object] : [];
  }
  const list = fetch<ObjectList>(call, request, 'application/json');
  const { kind } = request;
  return (list?.items ?? []).map((item) => ({
    ...item,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
  }));
}

function printObjects(
  call: Call,
  requests: readonly Request[],
  format: Exclude<OutputFormat, { type: 'table' }>,
): void {
  let items: readonly KubeObject[] = requests.flatMap((request) => fetchItems(call, request));
  if (items.length === 0 && call.exitCode !== 0) return;
  const sortBy = valueOf(call, 'sort-by');
  if (sortBy !== undefined) items = sortRows(items, sortBy, (item) => item);
  const isSingle = requests.length === 1 && !requests[0]?.isList && items.length === 1;
  const value = isSingle
    ? items[0]
    : { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items };
  const used =
    format.type === 'custom-columns'
      ? { ...format, hasHeaders: !isSet(call, 'no-headers') }
      : (format.type === 'yaml' || format.type === 'json') && isSet(call, 'show-managed-fields')
        ? ({ ...format, managers: 'shown' } as const)
        : format;
  const result = printValue(used, value, items, (object) => nameOfObject(requests, object));
  if (result.ok) call.stdout += result.text;
  else fail(call, result.message);
}

function nameOfObject(requests: readonly Request[], object: KubeObject): string {
  const kind = requests.find((request) => request.kind.kind === object.kind)?.kind;
  return kind ? formatTarget(kind, object.metadata.name) : object.metadata.name;
}

const NO_RESOURCE = `Required resource not specified.
Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples`;

function requestsOf(call: Call): Request[] | undefined {
  const { words } = call.flags;
  if (valueOf(call, 'filename') !== undefined) {
    return readManifests(call).map(({ kind, object }) =>
      requestOf(call, { kind, name: object.metadata.name }, object.metadata.namespace),
    );
  }
  if (words.length === 0) {
    call.stderr +=
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n';
    fail(call, NO_RESOURCE);
    return undefined;
  }
  const targets = parseTargets(call, words);
  if (!targets) return undefined;
  if (isSet(call, 'all-namespaces') && targets.some(({ name }) => name !== undefined)) {
    fail(call, 'a resource cannot be retrieved by name across all namespaces');
    return undefined;
  }
  return targets.map((target) => requestOf(call, target));
}

/** `get --raw`: the answer as it came. */
function getRaw(call: Call, path: string): void {
  const response = handleRequest({ method: 'GET', path }, call.server);
  if (response.type !== 'json' && response.type !== 'text') return;
  if (response.status < 400) call.stdout += response.body;
  else failStatus(call, JSON.parse(response.body) as Status);
}

/** `kubectl get`. */
export function get(call: Call): CommandResult | undefined {
  const raw = valueOf(call, 'raw');
  if (raw !== undefined) {
    getRaw(call, raw);
    return undefined;
  }
  const format = parseOutputFormat(valueOf(call, 'output'), 'tables');
  if (typeof format === 'string') {
    fail(call, format);
    return undefined;
  }
  const requests = requestsOf(call);
  if (!requests || requests.length === 0) return undefined;
  if (isSet(call, 'watch') || isSet(call, 'watch-only')) {
    const [request, ...others] = requests;
    if (!request || others.length > 0) {
      fail(
        call,
        'watch is only supported on individual resources and resource collections - more than 1 resource was found',
      );
      return undefined;
    }
    return startWatch(call, request, format, selectorsOf(call));
  }
  if (format.type === 'table') printTables(call, requests, format.isWide);
  else printObjects(call, requests, format);
  return undefined;
}
