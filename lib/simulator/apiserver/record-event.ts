import { formatTimestamp, type Micros } from '../base/clock.ts';
import type { Event } from '../api/core/event.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Store } from './store.ts';

export interface EventDraft {
  readonly object: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** `kubelet`, `default-scheduler`, `deployment-controller`. */
  readonly component: string;
  /** The node it was noticed on. */
  readonly host?: string;
  /** `spec.containers{web}` when it is about one container. */
  readonly fieldPath?: string;
}

/** What two events must have in common to be counted as one. */
const keyOfDraft = ({ object, type, reason, message, component, host, fieldPath }: EventDraft) =>
  [
    object.metadata.namespace ?? 'default',
    object.kind,
    object.metadata.name,
    uidOf(object),
    fieldPath ?? '',
    type,
    reason,
    message,
    component,
    host ?? '',
  ].join('\n');

const keyOfEvent = ({ metadata, involvedObject, type, reason, message, source }: Event) =>
  [
    metadata.namespace ?? '',
    involvedObject.kind ?? '',
    involvedObject.name ?? '',
    involvedObject.uid ?? '',
    involvedObject.fieldPath ?? '',
    type ?? '',
    reason ?? '',
    message ?? '',
    source?.component ?? '',
    source?.host ?? '',
  ].join('\n');

/** The kubelet refers to its node by name, having no uid at hand (`kubelet.nodeRef`). */
const uidOf = ({ kind, metadata }: KubeObject) =>
  kind === 'Node' ? metadata.name : (metadata.uid ?? '');

/** Names of the events of a store by what they say: looked through once, and from then on known. */
const known = new WeakMap<Store, Map<string, string>>();

function namesOf(store: Store): Map<string, string> {
  const found = known.get(store);
  if (found) return found;
  const names = new Map<string, string>();
  for (const event of store.list<Event>('Event')) {
    const key = keyOfEvent(event);
    if (!names.has(key)) names.set(key, event.metadata.name);
  }
  known.set(store, names);
  return names;
}

function eventOf(draft: EventDraft, namespace: string, now: Micros): Event {
  const { object, type, reason, message, component, host } = draft;
  const at = formatTimestamp(now);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    // client-go: the object's name and the time in nanoseconds, in hexadecimal.
    metadata: {
      name: `${object.metadata.name}.${(BigInt(now) * 1000n).toString(16)}`,
      namespace,
    },
    involvedObject: {
      kind: object.kind,
      ...(object.metadata.namespace ? { namespace: object.metadata.namespace } : {}),
      name: object.metadata.name,
      uid: uidOf(object),
      apiVersion: object.apiVersion,
      ...(object.metadata.resourceVersion
        ? { resourceVersion: object.metadata.resourceVersion }
        : {}),
      ...(draft.fieldPath === undefined ? {} : { fieldPath: draft.fieldPath }),
    },
    type,
    reason,
    message,
    source: { component, ...(host === undefined ? {} : { host }) },
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    eventTime: null,
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}

/**
 * Writes an Event about an object, or counts the one that says the same already, as client-go's EventCorrelator does.
 * Simplified: no aggregation of similar messages and no rate limit; events do not expire.
 */
export function recordEvent(store: Store, now: Micros, draft: EventDraft): void {
  const namespace = draft.object.metadata.namespace ?? 'default';
  const names = namesOf(store);
  const key = keyOfDraft(draft);
  const same = store.get<Event>('Event', namespace, names.get(key) ?? '');
  if (same && keyOfEvent(same) === key) {
    store.update<Event>({
      ...same,
      count: (same.count ?? 1) + 1,
      lastTimestamp: formatTimestamp(now),
    });
    return;
  }
  let event = eventOf(draft, namespace, now);
  // Two events of one object in the same microsecond need two names.
  for (let n = 1; store.get('Event', namespace, event.metadata.name); n++) {
    event = { ...event, metadata: { ...event.metadata, name: `${event.metadata.name}${n}` } };
  }
  store.create(event);
  names.set(key, event.metadata.name);
}
