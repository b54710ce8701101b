import type { KubeObject } from '../../api/meta/object.ts';
import { requireKind } from '../../api/kinds.ts';
import type { KindDescription } from '../../api/schema/kind-description.ts';
import { handleRequest } from '../../apiserver/rest.ts';
import type { Table } from '../../apiserver/table.ts';
import { pollWatch, type Watcher } from '../../apiserver/watch.ts';
import type { CommandResult, Follower } from '../command.ts';
import { ask, failStatus, isSet, queryOf, TABLE_ACCEPT, valuesOf, type Call } from './call.ts';
import { printValue, type OutputFormat } from './print/output-format.ts';
import { headerOf, rowOf, type TableOptions } from './print/print-table.ts';
import { alignRows } from './print/tab-writer.ts';
import { formatTarget } from './resources.ts';

export const WATCH_FOLLOWER = 'kubectl get --watch';

/** Which columns `get` was asked for. */
export function tableOptions(call: Call, isWide: boolean, namePrefix: string): TableOptions {
  return {
    isWide,
    withNamespace: isSet(call, 'all-namespaces'),
    namePrefix,
    showLabels: isSet(call, 'show-labels'),
    labelColumns: valuesOf(call, 'label-columns'),
    noHeaders: isSet(call, 'no-headers'),
  };
}

/** A running `get -w`, plain data. */
interface WatchState {
  readonly watcher: Watcher;
  readonly format: OutputFormat;
  readonly options: TableOptions;
  readonly showEvents: boolean;
  columns: NonNullable<Table['columnDefinitions']>;
  readonly widths: number[];
  hasHeader: boolean;
}

interface Watched {
  readonly kind: KindDescription;
  readonly path: string;
  readonly isList: boolean;
}

function printRows(
  state: WatchState,
  rows: readonly Table['rows'][number][],
  event: string,
): string {
  const before = state.showEvents ? [event] : [];
  const lines = rows.map((row) => [...before, ...rowOf(row, state.columns, state.options)]);
  if (!state.hasHeader && lines.length > 0) {
    state.hasHeader = true;
    const header = headerOf(state.columns, state.options);
    if (!state.options.noHeaders)
      lines.unshift([...(state.showEvents ? ['EVENT'] : []), ...header]);
  }
  return alignRows(lines, state.widths);
}

function printObject(state: WatchState, object: KubeObject): string {
  if (state.format.type === 'table') return '';
  const nameOf = () => formatTarget(requireKind(object.kind), object.metadata.name);
  const result = printValue(state.format, object, [object], nameOf);
  const separator = state.format.type === 'yaml' ? '---\n' : '';
  return result.ok ? separator + result.text : '';
}

function printEvent(state: WatchState, line: string): string {
  const { type, object } = JSON.parse(line) as { type: string; object: unknown };
  if (type === 'BOOKMARK' || type === 'ERROR') return '';
  if (state.format.type !== 'table') return printObject(state, object as KubeObject);
  const table = object as Table;
  if (table.columnDefinitions) state.columns = table.columnDefinitions;
  return printRows(state, table.rows, type);
}

/** Prints what is there and goes on with what changes. Undefined after it printed why not. */
export function startWatch(
  call: Call,
  { kind, path, isList }: Watched,
  format: OutputFormat,
  selectors: Readonly<Record<string, string | undefined>>,
): CommandResult | undefined {
  const isTable = format.type === 'table';
  const headers = { accept: isTable ? TABLE_ACCEPT : 'application/json' };
  const used = isList ? selectors : {};
  const first = ask<Table & { items?: readonly KubeObject[] }>(call, {
    method: 'GET',
    path: path + queryOf(used),
    headers,
  });
  if (!first.ok) {
    failStatus(call, first.status);
    return undefined;
  }
  const query = queryOf({
    ...used,
    watch: 'true',
    resourceVersion: String(call.server.store.resourceVersion),
  });
  const response = handleRequest({ method: 'GET', path: path + query, headers }, call.server);
  if (response.type !== 'watch') return undefined;
  const isWide = isTable && format.isWide;
  const state: WatchState = {
    watcher: response.watcher,
    format,
    options: tableOptions(call, isWide, isSet(call, 'show-kind') ? formatTarget(kind, '') : ''),
    showEvents: isSet(call, 'output-watch-events'),
    columns: first.value.columnDefinitions ?? [],
    widths: [],
    hasHeader: false,
  };
  if (!isSet(call, 'watch-only')) {
    if (isTable) call.stdout += printRows(state, first.value.rows, 'ADDED');
    else {
      const objects = first.value.items ?? [first.value as unknown as KubeObject];
      call.stdout += objects
        .map((object) => printObject(state, { ...object, kind: kind.kind }))
        .join('');
    }
  }
  return { type: 'following', stdout: call.stdout, follower: WATCH_FOLLOWER, state };
}

/** Continues `get -w`. */
export const followWatch: Follower = (state, { cluster }) => {
  const watch = state as WatchState;
  const { lines, isClosed } = pollWatch(watch.watcher, cluster.store, cluster.now);
  const output = lines.map((line) => printEvent(watch, line)).join('');
  return { output, ...(isClosed ? { exitCode: 0 } : {}) };
};
