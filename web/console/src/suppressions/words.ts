import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../api';
import type { IconName, Tone } from '../ui';

type Source = Schemas['SuppressionSource'];

/** Why addresses get nothing. */
export const sources: Record<
  Source,
  { title: MessageDescriptor; tone: Tone; icon: IconName; about: MessageDescriptor; onRemove: MessageDescriptor }
> = {
  unsubscribed: {
    title: msg`Unsubscribed`,
    tone: 'quiet',
    icon: 'suppressions',
    about: msg`They asked not to be contacted.`,
    onRemove: msg`They unsubscribed themselves. Writing to them again without their consent is against the law in many countries. Remove it only if they have asked you to, and keep the evidence.`,
  },
  complained: {
    title: msg`Marked as spam`,
    tone: 'bad',
    icon: 'attention',
    about: msg`They marked a message as spam.`,
    onRemove: msg`They marked one of your messages as spam. Another one harms your reputation, so fewer of your messages reach anybody. Remove it only if they have asked you to.`,
  },
  bounced: {
    title: msg`Bounced`,
    tone: 'warn',
    icon: 'email',
    about: msg`The address does not exist.`,
    onRemove: msg`A message came back because the address does not exist. Remove it only if you know that it exists now: messages that bounce harm your reputation.`,
  },
  operator: {
    title: msg`Added by you`,
    tone: 'quiet',
    icon: 'person',
    about: msg`Somebody in your organization decided this.`,
    onRemove: msg`Somebody in your organization added it.`,
  },
};
