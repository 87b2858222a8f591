import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../api';

type State = Schemas['DeliveryState'];
type Status = Schemas['CampaignStatus'];

/** Why messages were skipped. The figures of a campaign have the codes only. */
const skips: Record<string, { text: MessageDescriptor; advice: MessageDescriptor }> = {
  no_address: {
    text: msg`They have no address for this channel.`,
    advice: msg`Add missing addresses to your list for the next campaign. To reach them now, duplicate this campaign and add them there.`,
  },
  switched_off: {
    text: msg`The channel was switched off for them.`,
    advice: msg`Somebody chose this when the campaign was composed. If it was a mistake, duplicate this campaign and add them there.`,
  },
  duplicate_address: {
    text: msg`Somebody else in this campaign has the same address and gets the message there.`,
    advice: msg`You do not need to do anything: each address gets one message.`,
  },
  fixed_line: {
    text: msg`The number is a landline, which cannot receive SMS.`,
    advice: msg`If they have a mobile phone, correct the number in your list. To reach them now, duplicate this campaign and add them there.`,
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

/** What can be done about a message in this state, while the campaign has this status. */
export function adviceOn(
  status: Status,
  state: State,
  code: string | undefined,
  fate?: Schemas['DeliveryStatus'] | null,
): MessageDescriptor | undefined {
  if (status === 'canceled' && state !== 'sent' && state !== 'unknown') {
    return msg`The campaign was canceled, so it sends nothing more. To send the message after all, duplicate the campaign and add the people who should get it.`;
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
    case 'sent':
      switch (fate) {
        case 'bounced':
          return msg`Correct the address, or send it again if the mailbox was full or temporarily unavailable. Addresses that do not exist are suppressed and skipped.`;
        case 'complained':
          return msg`Somebody at this address marked the message as spam, so it gets nothing more. If it is the wrong address, correct it.`;
        default:
          return msg`No address gets the same message twice. If this address is wrong, correct it, and the message goes to the right one.`;
      }
    default:
      return undefined;
  }
}

/** Whether the address of a message can be corrected: it is final, and went to an address or was to go there. */
export function correctable(
  status: Status,
  { state, channel, address, reason }: Pick<Schemas['Delivery'], 'state' | 'channel' | 'address' | 'reason'>,
): boolean {
  const final = ['sent', 'failed', 'unknown'].includes(state) || (state === 'skipped' && reason?.code === 'suppressed');
  return running(status) && final && address != null && channel !== 'push';
}

/** Whether the message reaches somebody only by a copy of the campaign, in which they are added. */
export function onlyByCopy(
  status: Status,
  { state, reason }: { state: State; reason?: Schemas['Reason'] | null },
): boolean {
  if (status === 'canceled') return state !== 'sent';
  return state === 'skipped' && ['no_address', 'switched_off', 'fixed_line'].includes(reason?.code ?? '');
}

function running(status: Status): boolean {
  return status === 'published' || status === 'paused' || status === 'completed';
}

/** Whether messages in this state can be sent again, or assumed to have been sent, while the campaign has this status. */
export function settleable(
  status: Status,
  { state, fate, reason }: { state: string; fate?: string | null; reason?: string },
): { resend: boolean; assume: boolean } {
  const undelivered =
    state === 'failed' ||
    state === 'unknown' ||
    (state === 'sent' && fate === 'bounced') ||
    (state === 'skipped' && reason === 'suppressed');
  return {
    resend: running(status) && undelivered,
    assume: (running(status) || status === 'canceled') && state === 'unknown',
  };
}
