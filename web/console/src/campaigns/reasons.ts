import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../api';

type State = Schemas['DeliveryState'];

/** Why messages were skipped. The figures of a campaign have the codes only. */
const skips: Record<string, { text: MessageDescriptor; advice: MessageDescriptor }> = {
  no_address: {
    text: msg`They have no address for this channel.`,
    advice: msg`Add the missing addresses to your list. They will be used from the next campaign on.`,
  },
  switched_off: {
    text: msg`The channel was switched off for them.`,
    advice: msg`This was chosen when the campaign was composed. You do not need to do anything.`,
  },
  duplicate_address: {
    text: msg`Somebody else in this campaign has the same address and gets the message there.`,
    advice: msg`You do not need to do anything: each address gets one message.`,
  },
  fixed_line: {
    text: msg`The number is a landline, which cannot receive SMS.`,
    advice: msg`Correct the number in your list, if they have a mobile phone.`,
  },
  suppressed: {
    text: msg`The address is suppressed: they unsubscribed, or earlier messages bounced or were marked as spam.`,
    advice: msg`If that was a mistake, remove the suppression first. Then the message can be sent to them.`,
  },
};

/** Why messages with this code were skipped, in a sentence. */
export function skipText(code: string): MessageDescriptor | undefined {
  return skips[code]?.text;
}

/** What can be done about a message in this state. */
export function adviceOn(
  state: State,
  code: string | undefined,
  fate?: Schemas['DeliveryStatus'] | null,
): MessageDescriptor | undefined {
  if (state === 'sent' && fate === 'bounced') {
    return msg`Correct the address, or send it again if the mailbox was full or temporarily unavailable. Addresses that do not exist are suppressed and skipped.`;
  }
  switch (state) {
    case 'failed':
      return msg`If the address is wrong, correct it. If the provider had a problem that is now solved, send it again.`;
    case 'unknown':
      return msg`It may have arrived. The provider often reports within minutes. If not, decide: send it again (it may arrive twice), or assume that it was sent.`;
    case 'retrying':
      return msg`It will be tried again automatically. You do not need to do anything.`;
    case 'skipped':
      return code === undefined ? undefined : skips[code]?.advice;
    default:
      return undefined;
  }
}

/** Whether messages in this state can be sent again, or assumed to have been sent, while the campaign has this status. */
export function settleable(
  status: Schemas['CampaignStatus'],
  { state, fate, reason }: { state: string; fate?: string | null; reason?: string },
): { resend: boolean; assume: boolean } {
  const running = status === 'published' || status === 'paused' || status === 'completed';
  const undelivered =
    state === 'failed' ||
    state === 'unknown' ||
    (state === 'sent' && fate === 'bounced') ||
    (state === 'skipped' && reason === 'suppressed');
  return {
    resend: running && undelivered,
    assume: (running || status === 'canceled') && state === 'unknown',
  };
}
