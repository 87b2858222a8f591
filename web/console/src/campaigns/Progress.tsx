import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Group, Text, When } from '../ui';
import { isMoving, usePace } from './campaign';
import type { Figures } from './totals';

type Props = {
  campaign: Schemas['Campaign'];
  figures: Figures;
  /** When the figures were read. */
  at: number;
};

/** Share, pace and estimated end while a campaign is being sent. */
export function Progress({ campaign, figures, at }: Props) {
  const { i18n } = useLingui();
  const moving = isMoving(campaign);
  const finished = figures.total - figures.open;
  const pace = usePace(finished, at, moving);
  if (!moving && campaign.status !== 'paused') return null;
  const end = campaign.estimated_end;
  return (
    <Text component="div">
      <Group gap="4px 16px">
        <b>
          <Trans>
            {i18n.number(Math.floor((100 * finished) / Math.max(1, figures.total)) / 100, { style: 'percent' })} done
          </Trans>
        </b>
        {pace !== undefined && campaign.status === 'published' && (
          <span>
            {pace === 0 ? (
              <Trans>nothing sent just now</Trans>
            ) : pace >= 2 ? (
              <Trans>about {i18n.number(Math.round(pace))} per second</Trans>
            ) : (
              <Trans>about {i18n.number(Math.max(1, Math.round(pace * 60)))} per minute</Trans>
            )}
          </span>
        )}
        {end != null && campaign.stalled.length === 0 && (
          <span>
            {Date.parse(end) - at < 60_000 ? (
              <Trans>about a minute left</Trans>
            ) : (
              <Trans>
                will finish <When at={end} />, at about {i18n.date(new Date(end), { timeStyle: 'short' })}
              </Trans>
            )}
          </span>
        )}
      </Group>
    </Text>
  );
}
