import type { I18n, MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Problem, Schemas } from '../api';
import { channels } from '../campaigns/words';
import { type Fields, lackedBy } from './draft/fields';
import { fieldTitle, lackText } from './draft/partWords';
import { unfinishedText } from './message/unfinished';

export const steps = ['delivery', 'message', 'receivers', 'confirm'] as const;

export type Step = (typeof steps)[number];

export const stepTitles: Record<Step, MessageDescriptor> = {
  delivery: msg`Delivery`,
  message: msg`Message`,
  receivers: msg`Receivers`,
  confirm: msg`Confirm`,
};

export function stepPath(campaign: string, step: Step): string {
  return `/compose/${campaign}/${step}`;
}

/** From here on, there is room beside the steps. */
export const wideEnough = '(min-width: 75em)';

/** Something that has to be done before the campaign can be sent. */
export type Gap = {
  step: Step;
  /** What to do, as a button says it. */
  text: string;
  /** The id of the control with which it is done, or of what is around it. */
  control: string;
  /** The channel that it is about. */
  channel?: Schemas['Channel'];
};

/** The address where something is done that is missing. */
export function gapPath(campaign: string, { step, control, channel }: Gap): string {
  return `${stepPath(campaign, step)}${channel === undefined ? '' : `?channel=${channel}`}#${control}`;
}

/** Everything that is missing, in the order of the steps. */
export function gapsOf(
  i18n: I18n,
  fields: Fields,
  campaign: Schemas['Campaign'],
  { problem = null, switching }: { problem?: Problem | null; switching?: Schemas['Job'] | undefined } = {},
): Gap[] {
  const gaps: Gap[] = [];
  if (fields.name.trim() === '') {
    gaps.push({ step: 'delivery', text: i18n._(msg`Give the campaign a name`), control: 'campaign-name' });
  }
  if (fields.channels.length === 0) {
    gaps.push({ step: 'delivery', text: i18n._(msg`Choose a channel`), control: 'campaign-channels' });
  }
  for (const channel of fields.channels) {
    const title = i18n._(channels[channel].title);
    const message = fields.content[channel];
    const part = `content.${channel}`;
    const lacked = lackedBy(part, message).flatMap((it) => it.slice(0, 1));
    if (message == null || lacked.length > 0) {
      const text = message == null ? i18n._(msg`Write the message for ${title}`) : lackText(i18n, part, lacked);
      gaps.push({ step: 'message', text, control: 'content', channel });
    } else if (channel === 'email') {
      const text = unfinishedText(i18n, fields.content);
      if (text !== undefined) gaps.push({ step: 'message', text, control: 'unfinished-block', channel });
    }
  }
  for (const { field } of problem?.fields ?? []) {
    const [top, key = '', , inner] = field.split('.');
    if (top !== 'content' && top !== 'values' && top !== 'values_by_language') continue;
    const channel = (key === 'languages' ? inner : key) as Schemas['Channel'];
    const isMessage = top === 'content' && channel in channels;
    const title = fieldTitle(i18n, field);
    gaps.push({
      step: 'message',
      text: i18n._(msg`Correct: ${title}`),
      control: top === 'content' ? 'content' : 'values',
      ...(isMessage ? { channel } : {}),
    });
  }
  if (switching?.status === 'running') {
    gaps.push({
      step: 'receivers',
      text: i18n._(msg`A channel is being switched for everyone`),
      control: 'switching',
    });
  } else if (campaign.loading) {
    gaps.push({ step: 'receivers', text: i18n._(msg`Receivers are still being added`), control: 'receivers' });
  } else if (campaign.totals.receivers === 0) {
    gaps.push({ step: 'receivers', text: i18n._(msg`Add receivers`), control: 'add-receivers' });
  }
  return gaps;
}

/** The step where a draft goes on: the first where something is missing. */
export function stepToGoOn(gaps: Gap[]): Step {
  return gaps[0]?.step ?? 'confirm';
}
