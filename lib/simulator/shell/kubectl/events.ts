import type { Event } from '../../api/core/event.ts';
import { eventInterval } from '../../api/core/event-kind.ts';
import { requireKind } from '../../api/kinds.ts';
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
import { flag, type FlagSpec } from './flags.ts';
import { resourceOf } from './resources.ts';
import { parseOutputFormat, printValue } from './print/output-format.ts';
import { alignRows } from './print/tab-writer.ts';

export const EVENTS_FLAGS: readonly FlagSpec[] = [
  flag('all-namespaces', 'boolean', 'A'),
  flag('for', 'string'),
  flag('types', 'list'),
  flag('no-headers', 'boolean'),
  flag('watch', 'boolean', 'w'),
  flag('output', 'string', 'o'),
];

const lastSeen = ({ series, lastTimestamp, eventTime }: Event) =>
  series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? '';

const byLastSeen = (a: Event, b: Event) =>
  lastSeen(a) < lastSeen(b) ? -1 : lastSeen(a) > lastSeen(b) ? 1 : 0;

/** `kubectl events`: oldest first, with kinds as they are written. */
export function events(call: Call): void {
  const namespace = isSet(call, 'all-namespaces') ? undefined : call.namespace;
  const about = valueOf(call, 'for');
  const [type = '', name = ''] = about?.split('/') ?? [];
  const kind = about === undefined ? undefined : resourceOf(call, type);
  if (about !== undefined && (!kind || name === '')) {
    fail(call, `--for must be in resource/name form`);
    return;
  }
  const fieldSelector = kind && `involvedObject.kind=${kind.kind},involvedObject.name=${name}`;
  const path = urlOf(requireKind('Event'), namespace) + queryOf({ fieldSelector });
  const answer = ask<{ items: Event[] }>(call, { method: 'GET', path });
  if (!answer.ok) {
    failStatus(call, answer.status);
    return;
  }
  const types = valuesOf(call, 'types');
  const found = answer.value.items
    .filter((event) => types.length === 0 || types.includes(event.type ?? ''))
    .sort(byLastSeen);
  if (found.length === 0) {
    call.stderr +=
      namespace === undefined
        ? 'No events found.\n'
        : `No events found in ${namespace} namespace.\n`;
    return;
  }
  const format = parseOutputFormat(valueOf(call, 'output'), 'objects');
  if (typeof format === 'string') return fail(call, format);
  if (format.type !== 'table') {
    const items = found.map((event) => ({ ...event, apiVersion: 'v1', kind: 'Event' }));
    const value = { apiVersion: 'v1', items, kind: 'EventList', metadata: {} };
    const printed = printValue(format, value, items, ({ metadata }) => `event/${metadata.name}`);
    if (printed.ok) call.stdout += printed.text;
    else fail(call, printed.message);
    return undefined;
  }
  const rows = found.map((event) => [
    ...(namespace === undefined ? [event.metadata.namespace ?? ''] : []),
    eventInterval(event, call.server.now),
    event.type ?? '',
    event.reason ?? '',
    `${event.involvedObject.kind}/${event.involvedObject.name}`,
    (event.message ?? '').trim(),
  ]);
  const header = [
    ...(namespace === undefined ? ['NAMESPACE'] : []),
    'LAST SEEN',
    'TYPE',
    'REASON',
    'OBJECT',
    'MESSAGE',
  ];
  call.stdout += alignRows(isSet(call, 'no-headers') ? rows : [header, ...rows], []);
}
