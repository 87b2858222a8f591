import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useMemo } from 'react';

import type { Schemas } from '../api';
import { Banner, Group, Paper, Stack, Text, TextLink, Title } from '../ui';
import { FigureCards, ShareBar, ShareLegend } from './FigureCards';
import { ChannelMark } from './Marks';
import { peopleOf } from './links';
import { Progress } from './Progress';
import type { Change, Figures } from './totals';
import { figuresOf } from './totals';

type Props = {
  campaign: Schemas['Campaign'];
  figures: Figures;
  /** When the figures were read. */
  at: number;
  /** Why one of them is lower than it was before. */
  change: Change | undefined;
};

/** How far a campaign is, as it happens. */
export function Overview({ campaign, figures, at, change }: Props) {
  return (
    <Stack gap="lg">
      <Stack gap="xs">
        <Progress campaign={campaign} figures={figures} at={at} />
        <FigureCards
          figures={figures}
          receivers={campaign.totals.receivers}
          people={(filter) => peopleOf(campaign.id, filter)}
        />
        {change !== undefined && (change.why !== 'again' || figures.open > 0) && <ChangeNote change={change} />}
        <Undecided campaign={campaign} figures={figures} />
      </Stack>
      {campaign.channels.length > 1 && <ByChannel campaign={campaign} />}
    </Stack>
  );
}

/** Why a figure is lower than before. */
function ChangeNote({ change }: { change: Change }) {
  return (
    <Text c="dimmed" role="status">
      <ChangeSentence {...change} />
    </Text>
  );
}

function ChangeSentence({ why, count }: Change) {
  switch (why) {
    case 'again':
      return (
        <Plural
          value={count}
          one="# message is being sent again, so it is pending."
          other="# messages are being sent again, so they are pending."
        />
      );
    case 'turned_out_sent':
      return (
        <Plural
          value={count}
          one="# message of unknown outcome turned out to have been sent."
          other="# messages of unknown outcome turned out to have been sent."
        />
      );
    case 'sent_now':
      return (
        <Plural
          value={count}
          one="# message that had failed has now been sent."
          other="# messages that had failed have now been sent."
        />
      );
    case 'left_out':
      return (
        <Plural
          value={count}
          one="# message is now skipped: its address is suppressed."
          other="# messages are now skipped: their addresses are suppressed."
        />
      );
    case 'refused_later':
      return (
        <Plural
          value={count}
          one="# message was accepted at first and later refused by its provider."
          other="# messages were accepted at first and later refused by their provider."
        />
      );
    case 'recounted':
      return <Trans>Figures were corrected after a recount.</Trans>;
  }
}

/** Messages of which somebody has to decide something. */
function Undecided({ campaign, figures }: Pick<Props, 'campaign' | 'figures'>) {
  const { t } = useLingui();
  if (figures.failed === 0 && figures.unknown === 0) return null;
  if (campaign.status === 'published' && figures.open > 0) return null;
  return (
    <Banner
      tone={figures.failed > 0 ? 'bad' : 'unknown'}
      icon={figures.failed > 0 ? 'attention' : 'question'}
      title={figures.failed > 0 ? t`Not everyone got it` : t`Some results are unknown`}
      action={
        <TextLink to={`/campaigns/${campaign.id}?tab=reasons`} fw={500}>
          <Trans>See why and what to do</Trans>
        </TextLink>
      }
    >
      {figures.failed > 0 && (
        <Plural value={figures.failed} one="# message could not be sent." other="# messages could not be sent." />
      )}{' '}
      {figures.unknown > 0 && (
        <Plural
          value={figures.unknown}
          one="It is not known whether # message was sent."
          other="It is not known whether # messages were sent."
        />
      )}
    </Banner>
  );
}

/** The same figures for each channel. */
function ByChannel({ campaign }: { campaign: Schemas['Campaign'] }) {
  return (
    <Stack gap="xs">
      <Title order={2}>
        <Trans>By channel</Trans>
      </Title>
      {campaign.channels.map((channel) => (
        <ChannelFigures key={channel} campaign={campaign} channel={channel} />
      ))}
    </Stack>
  );
}

function ChannelFigures({ campaign, channel }: { campaign: Schemas['Campaign']; channel: Schemas['Channel'] }) {
  const figures = useMemo(() => figuresOf(campaign.totals, channel), [campaign.totals, channel]);
  return (
    <Paper withBorder p="sm">
      <Group justify="space-between" mb={8} gap="4px 20px">
        <Text fw={600} component="div">
          <ChannelMark channel={channel} />
        </Text>
        <ShareLegend figures={figures} people={(filter) => peopleOf(campaign.id, { ...filter, channel })} />
      </Group>
      <ShareBar figures={figures} />
    </Paper>
  );
}
