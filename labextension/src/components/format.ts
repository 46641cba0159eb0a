/** Text of numbers, sizes and times, in the language of the page. */

import type { TranslationBundle } from '@jupyterlab/translation';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Format a size in bytes: `1.2 MB`. */
export function bytes(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** Format a number with thousands separators. */
export function count(value: number): string {
  return value.toLocaleString();
}

/** Format an estimate with three significant digits: `1,230,000`. */
export function roundedCount(value: number): string {
  return count(Number(value.toPrecision(3)));
}

/** Format a duration as `duration` does, but in whole seconds: `3 s`, `2 min 5 s`. */
export function wholeDuration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 10 ? `${whole} s` : duration(whole);
}

/** Format a duration in seconds: `3.2 s`, `2 min 5 s`, `1 h 12 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) {
    return `${Math.max(seconds, 0).toFixed(1)} s`;
  }
  if (seconds < 60) {
    return `${Math.round(seconds)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes} min ${Math.floor(seconds % 60)} s`;
  }
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Name whose deed something was, after what was done: `3 minutes ago by ada`. */
export function byAuthor(
  text: string,
  author: string | null | undefined,
  trans: TranslationBundle
): string {
  return author ? trans.__('%1 by %2', text, author) : text;
}

/** How many of each unit make the next. */
const STEPS: readonly [number, Intl.RelativeTimeFormatUnit][] = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [30, 'day'],
  [12, 'month'],
  [Infinity, 'year']
];

/** Format an ISO 8601 time relative to now: `3 minutes ago`. */
export function ago(
  moment: string,
  now: number = Date.now(),
  locale?: string,
  style: Intl.RelativeTimeFormatStyle = 'long'
): string {
  let value = (new Date(moment).getTime() - now) / 1000;
  for (const [size, unit] of STEPS) {
    if (Math.abs(value) < size) {
      const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style });
      return format.format(Math.round(value), unit);
    }
    value /= size;
  }
  return moment;
}

/** Format an ISO 8601 time relative to now, in few letters: `3 min. ago`. */
export function shortAgo(moment: string): string {
  return ago(moment, Date.now(), undefined, 'short');
}

/** Format an ISO 8601 time as a local date and time. */
export function moment(value: string): string {
  return new Date(value).toLocaleString();
}

/** Return the seconds between two ISO 8601 times, or until now if `to` is null. */
export function secondsBetween(from: string, to: string | null, now: number = Date.now()): number {
  return ((to === null ? now : new Date(to).getTime()) - new Date(from).getTime()) / 1000;
}

/** Format a duration in seconds in days: `30 days`; as `duration` does below one day. */
export function days(seconds: number): string {
  const rounded = Math.round(seconds / 86400);
  return seconds < 86400 ? duration(seconds) : `${rounded} day${rounded === 1 ? '' : 's'}`;
}
