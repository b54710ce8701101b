import { formatTimestamp, parseTimestamp, type Micros } from '../../../base/clock.ts';
import type { Event } from '../../../api/core/event.ts';
import { eventInterval } from '../../../api/core/event-kind.ts';

/** Text of `describe`, with tabs where columns are; two blanks per level. */
export class Lines {
  text = '';

  /** Appends text at an indentation, without a line end. */
  write(level: number, text: string): void {
    this.text += '  '.repeat(level) + text;
  }

  line(level: number, text: string): void {
    this.write(level, `${text}\n`);
  }
}

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_SECONDS = 86_400;

/** `Sun, 22 Nov 2026 17:41:51 +0000` (RFC 1123 with a numeric zone). */
export function formatRfc1123(timestamp: string | null | undefined): string {
  const at = timestamp ? parseTimestamp(timestamp) : undefined;
  if (at === undefined) return 'Mon, 01 Jan 0001 00:00:00 +0000';
  const text = formatTimestamp(at);
  const days = Math.floor(at / 1e6 / DAY_SECONDS);
  const weekday = WEEKDAYS[((days % 7) + 7) % 7];
  const month = MONTHS[Number(text.slice(5, 7)) - 1];
  return `${weekday}, ${text.slice(8, 10)} ${month} ${text.slice(0, 4)} ${text.slice(11, 19)} +0000`;
}

const sortedPairs = (map: Readonly<Record<string, string>>) =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));

/** `Labels:  a=b` and further ones under it. */
export function labelLines(
  lines: Lines,
  level: number,
  title: string,
  map: Readonly<Record<string, string>> | undefined,
): void {
  const pairs = sortedPairs(map ?? {});
  if (pairs.length === 0) {
    lines.line(level, `${title}:\t<none>`);
    return;
  }
  pairs.forEach(([key, value], index) => {
    if (index === 0) lines.line(level, `${title}:\t${key}=${value}`);
    else lines.line(0, `\t${key}=${value}`);
  });
}

/** Longer annotations would not fit a line. */
const ANNOTATION_WIDTH = 140;
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What most kinds begin with. */
export function headLines(
  lines: Lines,
  metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  },
): void {
  lines.line(0, `Name:\t${metadata.name}`);
  if (metadata.namespace !== undefined) lines.line(0, `Namespace:\t${metadata.namespace}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
}

export function annotationLines(
  lines: Lines,
  map: Readonly<Record<string, string>> | undefined,
  level = 0,
): void {
  const pairs = sortedPairs(map ?? {}).filter(([key]) => key !== LAST_APPLIED);
  if (pairs.length === 0) {
    lines.line(level, 'Annotations:\t<none>');
    return;
  }
  pairs.forEach(([key, value], index) => {
    const head = index === 0 ? `${'  '.repeat(level)}Annotations:\t` : '\t';
    const text = value.endsWith('\n') ? value.slice(0, -1) : value;
    if (key.length + text.length < ANNOTATION_WIDTH && !text.includes('\n')) {
      lines.line(0, `${head}${key}: ${text}`);
      return;
    }
    lines.line(0, `${head}${key}:`);
    for (const part of text.split('\n')) {
      const cut =
        part.length > ANNOTATION_WIDTH - 2 ? `${part.slice(0, ANNOTATION_WIDTH - 2)}...` : part;
      lines.line(0, `\t  ${cut}`);
    }
  });
}

/** The events at the end, in order of their last occurrence. */
export function eventLines(lines: Lines, events: readonly Event[], now: Micros): void {
  if (events.length === 0) {
    lines.line(0, 'Events:\t<none>');
    return;
  }
  lines.line(0, 'Events:\n  Type\tReason\tAge\tFrom\tMessage');
  lines.line(1, '----\t------\t----\t----\t-------');
  const sorted = [...events].sort((a, b) =>
    (a.lastTimestamp ?? '') < (b.lastTimestamp ?? '')
      ? -1
      : (a.lastTimestamp ?? '') > (b.lastTimestamp ?? '')
        ? 1
        : 0,
  );
  for (const event of sorted) {
    const from = event.source?.component || event.reportingComponent || '';
    const path = event.involvedObject.fieldPath;
    const subject = path === undefined || path === '' ? '' : `${path}: `;
    const message = (event.message ?? '').trim();
    lines.line(
      1,
      `${event.type}\t${event.reason}\t${eventInterval(event, now)}\t${from}\t${subject}${message}`,
    );
  }
}
