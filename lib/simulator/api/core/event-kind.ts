import { parseTimestamp, type Micros } from '../../base/clock.ts';
import { dnsSubdomainProblems } from '../meta/names.ts';
import { ageOf, humanDuration } from '../meta/human-duration.ts';
import { column, NAME_COLUMN, wideColumn } from '../schema/columns.ts';
import { invalid } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import type { Event } from './event.ts';

const firstSeen = (event: Event, now: Micros) =>
  event.firstTimestamp ? ageOf(event.firstTimestamp, now) : ageOf(event.eventTime, now);

/** Time since the last occurrence, as the table and `describe` count it. */
export function eventLastSeen(event: Event, now: Micros): string {
  const series = event.series?.lastObservedTime;
  if (series) return ageOf(series, now);
  return event.lastTimestamp ? ageOf(event.lastTimestamp, now) : firstSeen(event, now);
}

/** `pod/web-1`, `node/node-a`. */
function involvedText({ involvedObject: { kind = '', name = '' } }: Event): string {
  const text = kind.toLowerCase();
  return name === '' ? text : `${text}/${name}`;
}

export const eventSourceText = ({ source, reportingComponent, reportingInstance }: Event) => {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance || '';
  return host === '' ? component : `${component}, ${host}`;
};

export const EVENT: KindDescription<Event> = {
  kind: 'Event',
  group: '',
  version: 'v1',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  categories: [],
  isNamespaced: true,
  type: 'core.Event',
  description: 'An Event is a note about something that happened to an object.',
  subresources: [],
  columns: [
    column('Last Seen', 'Time since it happened last.', eventLastSeen),
    column('Type', 'Normal or Warning.', (event: Event) => event.type ?? ''),
    column('Reason', 'One word that says why.', (event: Event) => event.reason ?? ''),
    column('Object', 'What it happened to.', involvedText),
    wideColumn('Subobject', 'Which part of the object.', (event: Event) => {
      return event.involvedObject.fieldPath ?? '';
    }),
    wideColumn('Source', 'Who noticed.', eventSourceText),
    column('Message', 'What happened, in words.', (event: Event) => (event.message ?? '').trim()),
    wideColumn('First Seen', 'Time since it happened first.', firstSeen),
    wideColumn('Count', 'How often it happened.', (event: Event) => {
      return String(event.series?.count ?? (event.count || 1));
    }),
    { ...NAME_COLUMN, priority: 1 },
  ],
  fieldLabels: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source }) => source?.component ?? '',
    type: ({ type }) => type ?? '',
  },
  nameProblems: dnsSubdomainProblems,
  setDefaults(event) {
    event.involvedObject ??= {};
    event.source ??= {};
    event.reportingComponent ??= '';
    event.reportingInstance ??= '';
  },
  prepareForCreate: () => undefined,
  validate(event) {
    const inNamespace = event.involvedObject.namespace || 'default';
    return inNamespace === event.metadata.namespace
      ? []
      : [
          invalid(
            'involvedObject.namespace',
            event.involvedObject.namespace ?? '',
            'does not match event.namespace',
          ),
        ];
  },
  validateUpdate: () => [],
};

/** How long the event has been going on: `5m (x3 over 10m)` in `describe`. */
export function eventInterval(event: Event, now: Micros): string {
  const count = event.series?.count ?? event.count ?? 0;
  const first = parseTimestamp(event.firstTimestamp ?? event.eventTime ?? '');
  const since = first === undefined ? '<unknown>' : humanDuration(now - first);
  return count > 1 ? `${eventLastSeen(event, now)} (x${count} over ${since})` : since;
}
