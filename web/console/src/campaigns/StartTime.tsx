import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Text, When } from '../ui';

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
        {i18n.date(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })}
      </Text>
    </>
  );
}

export function startOf(campaign: Schemas['CampaignSummary']): string {
  return campaign.schedule?.at ?? campaign.scheduled_for ?? campaign.updated_at;
}
