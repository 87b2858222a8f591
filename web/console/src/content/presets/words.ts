import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../../api';

/** What campaigns that start from a preset are for. */
export const presetKinds: Record<Schemas['PresetKind'], MessageDescriptor> = {
  one_way: msg`One-way message`,
  conversation: msg`Conversation`,
};
