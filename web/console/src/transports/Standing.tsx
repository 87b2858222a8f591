import { Trans } from '@lingui/react/macro';
import { useLingui } from '@lingui/react';

import type { Schemas } from '../api';
import { Status, Text, When } from '../ui';
import { standing } from './standing';

type Props = { transport: Schemas['Transport'] };

/** Whether an account works, in a word. */
export function StandingMark({ transport }: Props) {
  const { i18n } = useLingui();
  const { tone, icon, title } = standing(transport);
  return (
    <Status tone={tone} icon={icon}>
      {i18n._(title)}
    </Status>
  );
}

/** Why an account is not used at the moment, and until when; nothing if it is. */
export function StandingReason({ transport, full = false }: Props & { full?: boolean }) {
  const { enabled, breaker, not_granted = [] } = transport;
  const reason = breaker.reason;
  const identities = not_granted.join(', ');
  if (not_granted.length > 0) {
    return (
      <Text c="dimmed">
        <Trans>
          The platform has not granted you: {identities}. Nothing is sent through this account until it is granted, or
          the account uses another sender.
        </Trans>
      </Text>
    );
  }
  if (!enabled) {
    return (
      <Text c="dimmed">
        <Trans>Nothing is sent through it. Reports about earlier messages still arrive.</Trans>
      </Text>
    );
  }
  if (breaker.state === 'closed') return null;
  return (
    <Text c="dimmed" component="div">
      {reason != null && (
        <Text component="div" lineClamp={full ? 20 : 2} dir="auto">
          {reason.text} ({reason.code})
        </Text>
      )}
      {breaker.open_until != null && (
        <Trans>
          One message will be tried <When at={breaker.open_until} />; if that works, sending resumes automatically.
        </Trans>
      )}
    </Text>
  );
}
