import { parseTimestamp, SECOND, type Micros } from '../../base/clock.ts';

const MINUTES = 60;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;
const YEARS = 365 * DAYS;

const pair = (big: number, bigUnit: string, small: number, smallUnit: string) =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;

/** A duration as `kubectl get` shows it: at most two units, coarser with age (apimachinery `duration.HumanDuration`). */
export function humanDuration(duration: Micros): string {
  const seconds = Math.trunc(duration / SECOND);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTES) return `${seconds}s`;
  const minutes = Math.trunc(seconds / MINUTES);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(seconds / HOURS);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return pair(Math.trunc(hours / 24), 'd', hours % 24, 'h');
  const days = Math.trunc(seconds / DAYS);
  if (hours < 365 * 24 * 2) return `${days}d`;
  const years = Math.trunc(seconds / YEARS);
  if (hours < 365 * 24 * 8) return pair(years, 'y', days % 365, 'd');
  return `${years}y`;
}

/** How long ago a timestamp of the API was; `<unknown>` when absent. */
export function ageOf(timestamp: string | null | undefined, now: Micros): string {
  const at = timestamp ? parseTimestamp(timestamp) : undefined;
  return at === undefined ? '<unknown>' : humanDuration(now - at);
}
