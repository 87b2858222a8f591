import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../api';

/** What somebody lacks to get a message on a channel. */
const lackedAddresses: Record<Schemas['Channel'], MessageDescriptor> = {
  email: msg`no email address`,
  sms: msg`no mobile number`,
  whatsapp: msg`no mobile number`,
  push: msg`no device`,
};

/** Why somebody does not get the message on a channel, by the API's codes. */
export function offReason(code: string, channel: Schemas['Channel']): MessageDescriptor | undefined {
  return code === 'no_address' ? lackedAddresses[channel] : offReasons[code];
}

const offReasons: Record<string, MessageDescriptor> = {
  switched_off: msg`switched off`,
  duplicate_address: msg`somebody else here has the same address`,
  fixed_line: msg`a landline, which cannot receive SMS`,
  suppressed: msg`unsubscribed or blocked`,
  no_route: msg`no route for the number`,
  no_smtputf8: msg`no transport accepts such an address`,
};
