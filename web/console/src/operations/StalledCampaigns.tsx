import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { stallText } from '../campaigns/moments';
import { channels } from '../campaigns/words';
import { Banner, Section, Stack, Text, TextLink, When } from '../ui';

type Props = { campaigns: Schemas['CampaignSummary'][] | undefined };

/** Campaigns that do not go on, and why. Those that somebody paused are waiting as they should. */
export function StalledCampaigns({ campaigns }: Props) {
  const { t, i18n } = useLingui();
  const stalls = (campaigns ?? []).flatMap((campaign) =>
    campaign.stalled.filter(({ code }) => code !== 'paused').map((stall) => ({ campaign, stall })),
  );
  if (stalls.length === 0) return null;
  return (
    <Section title={t`Campaigns that have stopped`}>
      <Stack gap="xs">
        {stalls.map(({ campaign, stall }) => (
          <Banner
            key={`${campaign.id} ${stall.channel ?? ''} ${stall.code}`}
            tone="warn"
            title={
              <TextLink to={`/campaigns/${campaign.id}`} className="clip">
                {campaign.name}
              </TextLink>
            }
          >
            <Text component="div" className="clip" dir="auto">
              {stall.channel != null && <>{i18n._(channels[stall.channel].title)}: </>}
              {stallText(stall, i18n)}
            </Text>
            {stall.until != null && stallText(stall, i18n) === stall.text && (
              <Trans>
                It resumes automatically <When at={stall.until} />.
              </Trans>
            )}{' '}
            {stall.code !== 'missed_schedule' && (
              <TextLink to="/transports" underline="always">
                <Trans>View transports</Trans>
              </TextLink>
            )}
          </Banner>
        ))}
      </Stack>
    </Section>
  );
}
