import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../api';
import type { IconName, Tone } from '../ui';

type Transport = Schemas['Transport'];
type Standing = { tone: Tone; icon?: IconName; title: MessageDescriptor };

/** Whether messages can be sent through an account. */
export function standing({ enabled, not_granted, breaker, limits, used_today }: Transport): Standing {
  if (!enabled) return { tone: 'quiet', icon: 'pause', title: msg`Switched off` };
  if ((not_granted ?? []).length > 0) return { tone: 'bad', icon: 'suppressions', title: msg`Not permitted` };
  if (breaker.state === 'open') return { tone: 'bad', title: msg`Not working` };
  if (breaker.state === 'half_open') return { tone: 'warn', icon: 'clock', title: msg`Being tried again` };
  if (limits.per_day != null && (used_today ?? 0) >= limits.per_day)
    return { tone: 'warn', icon: 'clock', title: msg`Daily limit reached` };
  return { tone: 'ok', title: msg`Works` };
}
