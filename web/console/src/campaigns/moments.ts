import type { I18n } from '@lingui/core';

const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** A sentence of the API with its moments in the person's own time and language. */
export function withLocalTimes(text: string, i18n: I18n): string {
  return text.replace(MOMENT, (moment) => {
    const at = new Date(moment);
    const today = at.toDateString() === new Date().toDateString();
    return i18n.date(at, today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' });
  });
}
