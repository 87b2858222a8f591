import { Plural, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { ShareBar, ShareLegend } from '../campaigns/FigureCards';
import type { Figures } from '../campaigns/totals';
import { Stack, Text, When } from '../ui';
import { CampaignRow, Rows } from './Rows';
import { Section } from './Section';

type EndedCampaign = { campaign: Schemas['Campaign']; figures: Figures };

/** How the last campaigns went. */
export function Ended({ ended }: { ended: EndedCampaign[] }) {
  const { t } = useLingui();
  if (ended.length === 0) return null;
  return (
    <Section title={t`Recently sent`} all={{ to: '/campaigns', title: t`All campaigns` }}>
      <Rows>
        {ended.map(({ campaign, figures }) => (
          <CampaignRow
            key={campaign.id}
            to={`/campaigns/${campaign.id}`}
            name={campaign.name}
            mark={
              <Text size="sm" c="dimmed">
                <Plural value={figures.total} one="# message" other="# messages" />{' '}
                <Plural value={campaign.totals.receivers} one="to # person" other="to # people" />
              </Text>
            }
            below={
              <Stack gap={6}>
                <ShareBar figures={figures} />
                <ShareLegend figures={figures} />
              </Stack>
            }
          >
            <When at={campaign.completed_at ?? campaign.updated_at} />
          </CampaignRow>
        ))}
      </Rows>
    </Section>
  );
}
