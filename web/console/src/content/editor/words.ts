import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../../api';
import type { IconName } from '../../ui';
import type { Part } from './versions';

/** The parts of a message. */
export const partWords: Record<Part, { title: MessageDescriptor; icon: IconName }> = {
  email: { title: msg`Email`, icon: 'email' },
  sms: { title: msg`SMS`, icon: 'sms' },
  whatsapp: { title: msg`WhatsApp`, icon: 'whatsapp' },
  push: { title: msg`Push`, icon: 'push' },
  toolbar: { title: msg`Toolbar`, icon: 'laptop' },
  widget: { title: msg`Widget`, icon: 'attention' },
};

/** The two notices of the portal, with what they are. */
export const portalWords: Partial<Record<Part, MessageDescriptor>> = {
  toolbar: msg`Toolbar: a short note`,
  widget: msg`Widget: an alert on the page`,
};

export const widgetTypes: Record<Schemas['WidgetType'], MessageDescriptor> = {
  info: msg`Information`,
  warning: msg`Warning`,
  danger: msg`Danger`,
  success: msg`All clear`,
};

/** What the built-in placeholders stand for. */
export const builtInWords: Record<string, MessageDescriptor> = {
  'member.first_name': msg`First name`,
  'member.last_name': msg`Last name`,
  'member.email': msg`Email address`,
  'member.mobile': msg`Mobile number`,
  'member.language': msg`Language`,
  'member.time_zone': msg`Time zone`,
  'location.name': msg`Location`,
  'account.account_name': msg`Account`,
  'campaign.name': msg`Name of the campaign`,
  'sender.name': msg`Sender name`,
  'sender.address': msg`Postal address of the sender`,
  'sender.privacy_url': msg`Link to the privacy policy`,
  unsubscribe_url: msg`Unsubscribe link, in emails`,
};
