import { SECOND, type Micros } from '../base/clock.ts';
import { findVersion, kindKeyOf } from '../api/kinds.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../api/schema/kind-description.ts';
import { selectorOf } from './select-objects.ts';
import { shown, withType } from './shown-object.ts';
import { statusFailure } from './status.ts';
import type { Store, StoreChange } from './store.ts';
import { tableOf, type IncludedObject } from './table.ts';

/** An open watch, plain data: it remembers how far it has read. */
export interface Watcher {
  /** The kind's key in the store. */
  readonly kind: string;
  /** The version that objects are sent in. */
  readonly apiVersion: string;
  readonly namespace?: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly format: 'object' | 'table';
  readonly includeObject: IncludedObject;
  readonly allowBookmarks: boolean;
  /** When the server ends the stream; undefined for never. */
  readonly endsAt?: Micros;
  /** The last change it was told of. */
  resourceVersion: number;
  /** What is there already still has to be sent; with a bookmark behind it for `sendInitialEvents`. */
  initial: 'none' | 'objects' | 'objects-and-bookmark';
  hasSentColumns: boolean;
  nextBookmark: Micros;
}

export interface WatchProgress {
  /** JSON lines without line ends: `{"type":"ADDED","object":...}`. */
  readonly lines: readonly string[];
  readonly isClosed: boolean;
}

/** Upstream sends one about every minute. */
export const BOOKMARK_INTERVAL = 60 * SECOND;

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

function encode(
  watcher: Watcher,
  kind: KindDescription,
  type: EventType,
  object: KubeObject,
  now: Micros,
): string {
  if (watcher.format === 'object') {
    return JSON.stringify({ type, object: withType(kind, shown(kind, object)) });
  }
  const version = object.metadata.resourceVersion ?? '';
  const table = tableOf(kind, [object], watcher.includeObject, now, version);
  const sent = watcher.hasSentColumns ? { ...table, columnDefinitions: null } : table;
  watcher.hasSentColumns = true;
  return JSON.stringify({ type, object: sent });
}

function bookmark(watcher: Watcher, kind: KindDescription, isEndOfInitial: 'end' | 'periodic') {
  const metadata = {
    resourceVersion: String(watcher.resourceVersion),
    creationTimestamp: null,
    ...(isEndOfInitial === 'end' ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
  };
  return JSON.stringify({
    type: 'BOOKMARK',
    object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata },
  });
}

/** What a change is to a watcher: an object that stops matching its selector is gone to it. */
function eventTypeOf(
  change: StoreChange,
  isWatched: (object: KubeObject) => boolean,
): EventType | undefined {
  const matched = change.previous !== undefined && isWatched(change.previous);
  const matches = change.type !== 'DELETED' && isWatched(change.object);
  if (matches) return matched ? 'MODIFIED' : 'ADDED';
  return matched ? 'DELETED' : undefined;
}

function initialLines(
  watcher: Watcher,
  kind: KindDescription,
  store: Store,
  now: Micros,
): string[] {
  if (watcher.initial === 'none') return [];
  const { namespace, labelSelector, fieldSelector } = watcher;
  const objects = store.list(watcher.kind, {
    ...(namespace === undefined ? {} : { namespace }),
    labelSelector,
    fieldSelector,
  });
  const lines = objects.map((object) => encode(watcher, kind, 'ADDED', object, now));
  watcher.resourceVersion = store.resourceVersion;
  if (watcher.initial === 'objects-and-bookmark') lines.push(bookmark(watcher, kind, 'end'));
  watcher.initial = 'none';
  return lines;
}

function changeLines(
  watcher: Watcher,
  kind: KindDescription,
  changes: readonly StoreChange[],
  now: Micros,
): string[] {
  const isSelected = selectorOf(kind, watcher);
  const isWatched = (object: KubeObject) =>
    (watcher.namespace === undefined || object.metadata.namespace === watcher.namespace) &&
    isSelected(object);
  return changes.flatMap((change) => {
    watcher.resourceVersion = change.resourceVersion;
    if (kindKeyOf(change.object) !== watcher.kind) return [];
    const type = eventTypeOf(change, isWatched);
    return type === undefined ? [] : [encode(watcher, kind, type, change.object, now)];
  });
}

/** What happened since the last poll. Changes `watcher`. A watcher that fell too far behind gets 410 and ends. */
export function pollWatch(watcher: Watcher, store: Store, now: Micros): WatchProgress {
  const kind = findVersion(watcher.kind, watcher.apiVersion, store.kinds);
  // Its CustomResourceDefinition has gone.
  if (!kind) return { lines: [], isClosed: true };
  const lines = initialLines(watcher, kind, store, now);
  const changes = store.changesSince(watcher.resourceVersion);
  if (!changes) {
    const message = `too old resource version: ${watcher.resourceVersion} (${store.oldestVersion})`;
    const object = statusFailure(410, 'Expired', message);
    return { lines: [...lines, JSON.stringify({ type: 'ERROR', object })], isClosed: true };
  }
  lines.push(...changeLines(watcher, kind, changes, now));
  if (watcher.allowBookmarks && now >= watcher.nextBookmark) {
    lines.push(bookmark(watcher, kind, 'periodic'));
    watcher.nextBookmark = now + BOOKMARK_INTERVAL;
  }
  return { lines, isClosed: watcher.endsAt !== undefined && now >= watcher.endsAt };
}
