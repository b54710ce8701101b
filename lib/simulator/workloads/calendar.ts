import { formatTimestamp, SECOND, type Micros } from '../base/clock.ts';

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

interface CalendarParts {
  readonly weekday: string;
  readonly day: string;
  readonly month: string;
  readonly year: string;
  /** `17:13:41`. */
  readonly clock: string;
  /** `2026-11-22`. */
  readonly date: string;
}

function partsOf(time: Micros): CalendarParts {
  const [date = '', clock = ''] = formatTimestamp(time).slice(0, -1).split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  const days = Math.floor(time / (86_400 * SECOND));
  return {
    weekday: WEEKDAYS[days % 7] ?? '',
    day,
    month: MONTHS[Number(month) - 1] ?? '',
    year,
    clock,
    date,
  };
}

/** `Sun, 22 Nov 2026 17:13:41 GMT` (RFC 9110 5.6.7). */
export function formatHttpDate(time: Micros): string {
  const { weekday, day, month, year, clock } = partsOf(time);
  return `${weekday}, ${day} ${month} ${year} ${clock} GMT`;
}

/** `Sun Nov 22 17:13:43 UTC 2026`, as date(1) and dig print it. */
export function formatDate(time: Micros): string {
  const { weekday, day, month, year, clock } = partsOf(time);
  return `${weekday} ${month} ${day} ${clock} UTC ${year}`;
}

/** `2026-11-22 17:13:43`. */
export function formatDateTime(time: Micros): string {
  const { date, clock } = partsOf(time);
  return `${date} ${clock}`;
}
