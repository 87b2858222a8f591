import { Plural, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { ShareBar } from '../campaigns/FigureCards';
import type { Figures } from '../campaigns/totals';
import { When } from '../ui';
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
            below={<ShareBar figures={figures} />}
          >
            <Plural value={figures.sent} one="# sent" other="# sent" />,{' '}
            <When at={campaign.completed_at ?? campaign.updated_at} />
          </CampaignRow>
        ))}
      </Rows>
    </Section>
  );
}
