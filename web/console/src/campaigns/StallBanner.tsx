import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Banner, TextLink, When } from '../ui';
import { stallText } from './moments';
import { channels } from './words';

/** Why nothing is sent now on a channel, until when, and where it can be mended. */
export function StallBanner({ stall }: { stall: Schemas['Stall'] }) {
  const { i18n, t } = useLingui();
  const channel = stall.channel == null ? undefined : i18n._(channels[stall.channel].title);
  // Where the sentence says when it goes on, that is in it in the person's own time.
  const text = stallText(stall, i18n);
  return (
    <Banner tone="warn" title={channel === undefined ? t`Sending has stopped` : t`${channel}: sending has stopped`}>
      {text}{' '}
      {stall.until != null && text === stall.text && (
        <Trans>
          It resumes automatically <When at={stall.until} />.
        </Trans>
      )}{' '}
      {stall.code !== 'missed_schedule' && (
        <TextLink to="/transports">
          <Trans>View transports</Trans>
        </TextLink>
      )}
    </Banner>
  );
}
