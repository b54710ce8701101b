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

const isSame = (event: Event, draft: EventDraft) =>
  event.involvedObject.uid === draft.object.metadata.uid &&
  event.involvedObject.kind === draft.object.kind &&
  event.involvedObject.name === draft.object.metadata.name &&
  event.involvedObject.fieldPath === draft.fieldPath &&
  event.type === draft.type &&
  event.reason === draft.reason &&
  event.message === draft.message &&
  event.source?.component === draft.component &&
  event.source.host === draft.host;

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
      // The kubelet refers to its node by name, having no uid at hand (`kubelet.nodeRef`).
      uid: object.kind === 'Node' ? object.metadata.name : (object.metadata.uid ?? ''),
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
  const known = store.list<Event>('Event', { namespace }).find((event) => isSame(event, draft));
  if (known) {
    store.update<Event>({
      ...known,
      count: (known.count ?? 1) + 1,
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
}
