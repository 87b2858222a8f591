const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** "5 minutes ago", "in 2 hours"; a date beyond four weeks, unless the date stands beside it. */
export function relative(moment: Date, now: Date, locale: string, beside = false): string {
  const seconds = (moment.getTime() - now.getTime()) / 1_000;
  if (!beside && Math.abs(seconds) > 28 * 86_400)
    return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(moment);
  const format = formatOf(locale);
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, 'second');
}

const formats = new Map<string, Intl.RelativeTimeFormat>();

/** Making a format takes longer than using it, and a table has many moments. */
function formatOf(locale: string): Intl.RelativeTimeFormat {
  const known = formats.get(locale) ?? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  formats.set(locale, known);
  return known;
}
