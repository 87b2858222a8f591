import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

/** Why somebody does not get the message on a channel, by the API's codes. */
export const offReasons: Record<string, MessageDescriptor> = {
  no_address: msg`no address for it`,
  switched_off: msg`switched off`,
  duplicate_address: msg`somebody else here has the same address`,
  fixed_line: msg`a landline, which cannot receive SMS`,
  suppressed: msg`unsubscribed or blocked`,
  no_route: msg`no route for the number`,
  no_smtputf8: msg`no transport accepts such an address`,
};
