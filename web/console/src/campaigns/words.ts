import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../api';
import type { IconName, Tone } from '../ui';

type Word = { title: MessageDescriptor; tone: Tone; icon?: IconName };

/** The statuses of a campaign. */
export const statuses: Record<Schemas['CampaignStatus'], Word> = {
  draft: { title: msg`Draft`, tone: 'quiet', icon: 'drafts' },
  scheduled: { title: msg`Scheduled`, tone: 'busy', icon: 'clock' },
  published: { title: msg`Sending`, tone: 'busy', icon: 'send' },
  paused: { title: msg`Paused`, tone: 'warn', icon: 'pause' },
  completed: { title: msg`Completed`, tone: 'ok' },
  canceled: { title: msg`Canceled`, tone: 'quiet', icon: 'cross' },
};

/** The channels. */
export const channels: Record<Schemas['Channel'], { title: MessageDescriptor; icon: IconName }> = {
  email: { title: msg`Email`, icon: 'email' },
  sms: { title: msg`SMS`, icon: 'sms' },
  whatsapp: { title: msg`WhatsApp`, icon: 'whatsapp' },
  push: { title: msg`Push`, icon: 'push' },
};

/** All channels, in the order in which they are shown. */
export const everyChannel = Object.keys(channels) as Schemas['Channel'][];

/** The states of a delivery. */
export const states: Record<Schemas['DeliveryState'], Word> = {
  pending: { title: msg`Pending`, tone: 'busy' },
  claimed: { title: msg`Being sent`, tone: 'busy', icon: 'send' },
  retrying: { title: msg`Will be tried again`, tone: 'busy' },
  sent: { title: msg`Sent`, tone: 'ok' },
  failed: { title: msg`Failed`, tone: 'bad' },
  skipped: { title: msg`Skipped`, tone: 'quiet', icon: 'skip' },
  unknown: { title: msg`Not known`, tone: 'unknown' },
  canceled: { title: msg`Canceled`, tone: 'quiet', icon: 'cross' },
};

/** What the moment means at which a delivery reached its state. */
export const since: Partial<Record<Schemas['DeliveryState'], MessageDescriptor>> = {
  claimed: msg`Started`,
  retrying: msg`Last tried`,
  sent: msg`Sent`,
  failed: msg`Failed`,
  skipped: msg`Skipped`,
  unknown: msg`Tried`,
};

/** What became of a message after it was sent. */
export const fates: Record<Schemas['DeliveryStatus'], Word> = {
  delayed: { title: msg`Delayed`, tone: 'warn' },
  delivered: { title: msg`Delivered`, tone: 'ok' },
  bounced: { title: msg`Bounced`, tone: 'bad' },
  opened: { title: msg`Opened`, tone: 'ok' },
  clicked: { title: msg`Clicked`, tone: 'ok' },
  replied: { title: msg`Replied`, tone: 'ok' },
  complained: { title: msg`Marked as spam`, tone: 'bad' },
};

/** The priorities. */
export const priorities: Record<Schemas['Priority'], MessageDescriptor> = {
  low: msg`Low`,
  normal: msg`Normal`,
  high: msg`High`,
  urgent: msg`Urgent`,
};
