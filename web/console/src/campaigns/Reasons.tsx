import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get, LIVE, type Schemas } from '../api';
import { EmptyState, Group, Paper, Stack, Text, TextLink, Title, Pending } from '../ui';
import { peopleOf } from './links';
import { ChannelMark, FateMark, StateMark } from './Marks';
import { adviceOn, skipText } from './reasons';
import { SettleButtons } from './SettleButtons';

type Props = { campaign: Schemas['Campaign']; moving: boolean };

/** Why messages were not sent, with how many, and what can be done. */
export function Reasons({ campaign, moving }: Props) {
  const { t } = useLingui();
  const query = useQuery({
    ...get('/v1/campaigns/{campaign}/deliveries/reasons', { params: { path: { campaign: campaign.id } } }),
    refetchInterval: moving ? 4 * LIVE : false,
  });
  const skipped = Object.entries(campaign.totals.channels).flatMap(([channel, counts]) =>
    Object.entries(counts.skipped_by_reason)
      .filter(([, count]) => count > 0)
      .map(([code, count]) => ({ channel: channel as Schemas['Channel'], code, count })),
  );
  if (query.data === undefined) {
    return <Pending query={query} rows={4} />;
  }
  const { reasons, complete } = query.data;
  const bounced = Object.entries(campaign.totals.channels)
    .map(([channel, counts]) => ({ channel: channel as Schemas['Channel'], count: counts.fates.bounced ?? 0 }))
    .filter(({ count }) => count > 0);
  if (reasons.length + skipped.length + bounced.length === 0) {
    return (
      <EmptyState icon="check" title={t`Nothing was refused or skipped`}>
        <Trans>If messages cannot be sent, the reasons appear here, with the number of people affected.</Trans>
      </EmptyState>
    );
  }
  return (
    <Stack gap="lg">
      {reasons.length > 0 && (
        <Stack gap="sm" component="section" aria-label={t`Not sent`}>
          <Title order={2}>
            <Trans>Failed or not known</Trans>
          </Title>
          {!complete && (
            <Text c="dimmed">
              <Trans>Too many to count: figures cover the first 5,000.</Trans>
            </Text>
          )}
          {reasons.map((it) => (
            <ReasonCard
              key={`${it.state} ${it.channel} ${it.reason?.code ?? ''}`}
              campaign={campaign}
              state={it.state}
              channel={it.channel}
              code={it.reason?.code}
              text={it.reason?.text ?? t`No reason was given.`}
              count={it.deliveries}
            />
          ))}
        </Stack>
      )}
      {bounced.length > 0 && (
        <Stack gap="sm" component="section" aria-label={t`Bounced`}>
          <Title order={2}>
            <Trans>Bounced</Trans>
          </Title>
          {bounced.map(({ channel, count }) => (
            <ReasonCard
              key={channel}
              campaign={campaign}
              state="sent"
              fate="bounced"
              channel={channel}
              code={undefined}
              text={t`The provider accepted the message but could not deliver it.`}
              count={count}
            />
          ))}
        </Stack>
      )}
      {skipped.length > 0 && (
        <Stack gap="sm" component="section" aria-label={t`Skipped`}>
          <Title order={2}>
            <Trans>Skipped</Trans>
          </Title>
          {skipped.map(({ channel, code, count }) => (
            <SkipCard key={`${channel} ${code}`} campaign={campaign} channel={channel} code={code} count={count} />
          ))}
        </Stack>
      )}
    </Stack>
  );
}

type CardProps = {
  campaign: Schemas['Campaign'];
  state: Schemas['DeliveryState'];
  fate?: 'bounced';
  channel: Schemas['Channel'];
  code: string | undefined;
  text: string;
  count: number;
};

function SkipCard(props: Omit<CardProps, 'state' | 'text'> & { code: string }) {
  const { i18n } = useLingui();
  const text = skipText(props.code);
  return <ReasonCard {...props} state="skipped" text={text === undefined ? props.code : i18n._(text)} />;
}

function ReasonCard({ campaign, state, fate, channel, code, text, count }: CardProps) {
  const { i18n } = useLingui();
  const advice = adviceOn(campaign.status, state, code, fate);
  const filter = {
    state,
    channel,
    ...(fate === undefined ? {} : { fate }),
    ...(code === undefined ? {} : { reason: code }),
  };
  return (
    <Paper withBorder p="sm">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4} style={{ flex: '1 1 280px', minWidth: 0 }}>
          <Group gap="4px 16px">
            {fate === undefined ? <StateMark state={state} /> : <FateMark fate={fate} />}
            <ChannelMark channel={channel} />
          </Group>
          <Text fw={600} lineClamp={4} title={text}>
            {text}
            {code !== undefined && state !== 'skipped' && (
              <Text span c="dimmed" fw={400}>
                {' '}
                ({code})
              </Text>
            )}
          </Text>
          {advice !== undefined && <Text c="dimmed">{i18n._(advice)}</Text>}
        </Stack>
        <Group gap="sm">
          <TextLink to={peopleOf(campaign.id, filter)} fw={600}>
            <Plural value={count} one="# person" other="# people" />
          </TextLink>
          <SettleButtons campaign={campaign} wanted={filter} count={count} />
        </Group>
      </Group>
    </Paper>
  );
}
