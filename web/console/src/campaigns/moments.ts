import type { I18n } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../api';
import { channels } from './words';

const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** A sentence of the API with its moments in the person's own time and language. */
function withLocalTimes(text: string, i18n: I18n): string {
  return text.replace(MOMENT, (moment) => {
    const at = new Date(moment);
    const today = at.toDateString() === new Date().toDateString();
    return i18n.date(at, today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' });
  });
}

/** Why a campaign does not go on, as the API says it, but with the channel's name instead of its code. */
export function stallText({ code, text, channel }: Schemas['Stall'], i18n: I18n): string {
  if (code === 'no_transport' && channel != null) {
    const name = i18n._(channels[channel].title);
    return i18n._(msg`No account is set up for ${name}.`);
  }
  return withLocalTimes(text, i18n);
}
