const DAY = 86_400;
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['hour', 3_600],
  ['minute', 60],
];

/** "5 minutes ago", "in 2 hours"; a date beyond four weeks, unless the date stands beside it. */
export function relative(moment: Date, now: Date, locale: string, beside = false): string {
  const seconds = (moment.getTime() - now.getTime()) / 1_000;
  if (!beside && Math.abs(seconds) > 28 * DAY)
    return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(moment);
  const format = formatOf(locale);
  if (Math.abs(seconds) >= DAY) return format.format(daysBetween(now, moment), 'day');
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, 'second');
}

/** Days by the calendar: 33 hours after nine in the evening is not tomorrow. */
function daysBetween(one: Date, other: Date): number {
  return Math.round((midnight(other) - midnight(one)) / (1_000 * DAY));
}

function midnight(of: Date): number {
  return new Date(of.getFullYear(), of.getMonth(), of.getDate()).getTime();
}

const formats = new Map<string, Intl.RelativeTimeFormat>();

/** Making a format takes longer than using it, and a table has many moments. */
function formatOf(locale: string): Intl.RelativeTimeFormat {
  const known = formats.get(locale) ?? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  formats.set(locale, known);
  return known;
}
