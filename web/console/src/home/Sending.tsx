import { useLingui } from '@lingui/react/macro';
import { useMemo } from 'react';

import { LIVE, type Schemas } from '../api';
import { useCampaign } from '../campaigns/campaign';
import { ShareBar, ShareLegend } from '../campaigns/FigureCards';
import { ChannelNames } from '../campaigns/Marks';
import { Progress } from '../campaigns/Progress';
import { figuresOf } from '../campaigns/totals';
import { Group, Paper, Stack, Text, TextLink } from '../ui';
import { Section } from './Section';

type Summary = Schemas['CampaignSummary'];

/** More than these are found in the list of campaigns. */
const MOST = 3;

/** What is being sent at this moment. */
export function Sending({ campaigns }: { campaigns: Summary[] }) {
  const { t } = useLingui();
  if (campaigns.length === 0) return null;
  const shown = campaigns.slice(0, MOST);
  return (
    <Section
      title={t`Sending now`}
      all={
        campaigns.length > MOST ? { to: '/campaigns?status=published', title: t`All ${campaigns.length}` } : undefined
      }
    >
      {shown.map((it) => (
        // All cards together ask as often as one page may, with some left for the list itself.
        <LiveCard key={it.id} summary={it} every={shown.length * 1.5 * LIVE} />
      ))}
    </Section>
  );
}

function LiveCard({ summary, every }: { summary: Summary; every: number }) {
  const { data, dataUpdatedAt } = useCampaign(summary.id, every);
  const figures = useMemo(() => (data === undefined ? undefined : figuresOf(data.totals)), [data]);
  return (
    <Paper withBorder p="sm">
      <Stack gap={8}>
        <Group justify="space-between" wrap="nowrap" gap="sm">
          <TextLink to={`/campaigns/${summary.id}`} fw={600} className="clip">
            {summary.name}
          </TextLink>
          <Text c="dimmed" size="sm" style={{ flex: 'none' }}>
            <ChannelNames of={summary.channels} />
          </Text>
        </Group>
        {data !== undefined && figures !== undefined && (
          <>
            <Progress campaign={data} figures={figures} at={dataUpdatedAt} />
            <ShareBar figures={figures} />
            <ShareLegend figures={figures} />
          </>
        )}
      </Stack>
    </Paper>
  );
}
