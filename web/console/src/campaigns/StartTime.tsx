import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Text, When } from '../ui';

/** Campaigns are scheduled for half a year ahead at most, so the year says nothing. */
const DAY_AND_TIME = {
  weekday: 'short',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
} as const;

/** When a scheduled campaign starts: how long until then, and at what time. */
export function StartTime({ of }: { of: Schemas['CampaignSummary'] }) {
  const { i18n } = useLingui();
  const at = startOf(of);
  return (
    <>
      <Trans>
        starts <When at={at} />
      </Trans>
      <Text component="div" size="sm" c="dimmed">
        {i18n.date(new Date(at), DAY_AND_TIME)}
      </Text>
    </>
  );
}

export function startOf(campaign: Schemas['CampaignSummary']): string {
  return campaign.schedule?.at ?? campaign.scheduled_for ?? campaign.updated_at;
}
