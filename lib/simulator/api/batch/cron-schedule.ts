import { civilFromDays, MINUTE, SECOND, type Micros } from '../../base/clock.ts';

/** A schedule: when it fires, as sets of minutes, hours, days of the month, months and days of the week; or every so often. */
export type CronSchedule =
  | {
      readonly every: false;
      readonly fields: readonly (readonly number[])[];
      /** Both days restricted: either one is enough. */
      readonly isAnyDay: readonly [month: boolean, week: boolean];
    }
  | { readonly every: Micros };

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const DAYS = 'sun mon tue wed thu fri sat'.split(' ');
const BOUNDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** A number or a name of the field; else the library's sentence. */
function parseNumber(text: string, { min, names = [] }: Bounds): number | string {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + min;
  if (!/^[-+]?\d+$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  }
  const value = Number(text);
  return value < 0 ? `negative number (${value}) not allowed: ${text}` : value;
}

/** One part of a field: `*`, `?`, `5`, `1-5`, each perhaps with `/2` (robfig/cron `getRange`). */
function parseRange(text: string, bounds: Bounds): number[] | string {
  const [range = '', stepText, ...tooMany] = text.split('/');
  const [low = '', high, ...hyphens] = range.split('-');
  if (hyphens.length > 0) return `too many hyphens: ${text}`;
  const isStar = low === '*' || low === '?';
  const start = isStar ? bounds.min : parseNumber(low, bounds);
  if (typeof start === 'string') return start;
  let end = isStar ? bounds.max : high === undefined ? start : parseNumber(high, bounds);
  if (typeof end === 'string') return end;
  if (tooMany.length > 0) return `too many slashes: ${text}`;
  const step = stepText === undefined ? 1 : parseNumber(stepText, { min: 0, max: 0 });
  if (typeof step === 'string') return step;
  if (stepText !== undefined && high === undefined) end = bounds.max;
  if (start < bounds.min) {
    return `beginning of range (${start}) below minimum (${bounds.min}): ${text}`;
  }
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  if (step === 0) return `step of range should be a positive number: ${text}`;
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => start + i * step);
}

function parseField(text: string, bounds: Bounds): number[] | string {
  const values: number[] = [];
  for (const part of text.split(',').filter((each) => each !== '')) {
    const range = parseRange(part, bounds);
    if (typeof range === 'string') return range;
    values.push(...range);
  }
  return values;
}

const UNITS: Readonly<Record<string, Micros>> = {
  ms: SECOND / 1000,
  s: SECOND,
  m: MINUTE,
  h: 60 * MINUTE,
};

/** `@every 1h30m`: whole seconds, at least one. */
function parseEvery(text: string): CronSchedule | string {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    return `failed to parse duration @every ${text}: time: invalid duration ${JSON.stringify(text)}`;
  }
  let total = 0;
  for (const [, value, unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(value) * (UNITS[unit] ?? 0);
  }
  return { every: Math.max(SECOND, Math.floor(total / SECOND) * SECOND) };
}

/**
 * Reads a schedule of a CronJob: five fields, or a descriptor. The problem is the sentence of robfig/cron v3
 * (`ParseStandard`).
 */
export function parseCronSchedule(text: string): CronSchedule | string {
  const zoned = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/.exec(text);
  const spec = zoned ? (zoned[2] ?? '') : text;
  if (spec === '') return 'empty spec string';
  if (spec.startsWith('@every ')) return parseEvery(spec.slice('@every '.length));
  const written = spec.startsWith('@') ? DESCRIPTORS[spec] : spec;
  if (written === undefined) return `unrecognized descriptor: ${spec}`;
  const texts = written.split(/\s+/).filter((each) => each !== '');
  if (texts.length !== BOUNDS.length) {
    return `expected exactly 5 fields, found ${texts.length}: [${texts.join(' ')}]`;
  }
  const fields: number[][] = [];
  for (const [index, bounds] of BOUNDS.entries()) {
    const field = parseField(texts[index] ?? '', bounds);
    if (typeof field === 'string') return field;
    fields.push(field);
  }
  const isAny = (field: string | undefined) => /(^|,)[*?](,|$)/.test(field ?? '');
  return { every: false, fields, isAnyDay: [isAny(texts[2]), isAny(texts[4])] };
}

const DAY_MINUTES = 24 * 60;
/** A schedule that does not fire within five years never does (30 February). */
const FARTHEST_DAYS = 5 * 366;
/** 1 January 1970 was a Thursday. */
const FIRST_WEEKDAY = 4;

/** The first time after `after` that a schedule fires, in UTC; undefined when it never does. */
export function nextRun(schedule: CronSchedule, after: Micros): Micros | undefined {
  if (schedule.every !== false) {
    return Math.floor(after / SECOND) * SECOND + schedule.every;
  }
  const [minutes = [], hours = [], dates = [], months = [], weekdays = []] = schedule.fields;
  const [isAnyDate, isAnyWeekday] = schedule.isAnyDay;
  const first = Math.floor(after / MINUTE) + 1;
  const firstDay = Math.floor(first / DAY_MINUTES);
  for (let day = firstDay; day < firstDay + FARTHEST_DAYS; day++) {
    const { month, day: date } = civilFromDays(day);
    const fitsDate = dates.includes(date);
    const fitsWeekday = weekdays.includes((day + FIRST_WEEKDAY) % 7);
    const fits = isAnyDate || isAnyWeekday ? fitsDate && fitsWeekday : fitsDate || fitsWeekday;
    if (!fits || !months.includes(month)) continue;
    const times = hours
      .flatMap((hour) => minutes.map((minute) => day * DAY_MINUTES + hour * 60 + minute))
      .filter((time) => time >= first);
    if (times.length > 0) return Math.min(...times) * MINUTE;
  }
  return undefined;
}
