import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { get, type Schemas } from '../api';
import { stallText } from '../campaigns/moments';
import { channels } from '../campaigns/words';
import { Box, Count, Group, Icon, type IconName, Text, TextLink, type Tone, toneColor, When } from '../ui';
import { type Trouble, troubles } from './accounts';
import { Rows } from './Rows';
import { Section } from './Section';

type Summary = Schemas['CampaignSummary'];

type Props = {
  campaigns: Summary[];
  /** Campaigns that ended lately, with their figures. */
  ended: { campaign: Schemas['Campaign']; failed: number; unknown: number }[];
};

/** Everything that goes on only when somebody does something. Nothing is drawn if there is none. */
export function Attention({ campaigns, ended }: Props) {
  const { t, i18n } = useLingui();
  const transports = useQuery(get('/v1/transports'));
  const letters = useQuery(get('/v1/dead-letters'));
  const jobs = useQuery(get('/v1/jobs'));
  const stalled = campaigns.flatMap((campaign) =>
    campaign.stalled.filter(({ code }) => code !== 'paused').map((stall) => ({ campaign, stall })),
  );
  const paused = campaigns.filter(({ status }) => status === 'paused');
  const trouble = troubles(transports.data?.transports ?? []);
  const waiting = (letters.data?.dead_letters ?? []).filter(({ status }) => status === 'waiting').length;
  const failed = (jobs.data?.jobs ?? []).filter(({ status }) => status === 'failed').length;
  const undecided = ended.filter((it) => it.failed + it.unknown > 0);
  const none = stalled.length + paused.length + trouble.length + waiting + failed + undecided.length === 0;
  if (none) return null;
  return (
    <Section title={t`Needs attention`}>
      <Rows>
        {stalled.map(({ campaign, stall }) => (
          <Item
            key={`${campaign.id} ${stall.channel ?? ''} ${stall.text}`}
            tone="warn"
            to={`/campaigns/${campaign.id}`}
            title={campaign.name}
          >
            {stallText(stall, i18n)}
          </Item>
        ))}
        {paused.map((campaign) => (
          <Item key={campaign.id} tone="warn" icon="pause" to={`/campaigns/${campaign.id}`} title={campaign.name}>
            <Trans>
              Paused <When at={campaign.stopped_at ?? campaign.updated_at} />. The rest waits until it is resumed.
            </Trans>
          </Item>
        ))}
        {trouble.map((it) => (
          <Item
            key={it.transport.id}
            tone={it.kind === 'broken' ? 'bad' : 'warn'}
            icon="transports"
            to="/transports"
            title={it.transport.id}
          >
            <TroubleText of={it} />
          </Item>
        ))}
        {undecided.map(({ campaign, failed: not, unknown }) => (
          <Item
            key={campaign.id}
            tone={not > 0 ? 'bad' : 'unknown'}
            icon={not > 0 ? 'attention' : 'question'}
            to={`/campaigns/${campaign.id}?tab=reasons`}
            title={campaign.name}
          >
            {not > 0 && <Plural value={not} one="# message could not be sent." other="# messages could not be sent." />}{' '}
            {unknown > 0 && (
              <Plural
                value={unknown}
                one="It is not known whether # message was sent."
                other="It is not known whether # messages were sent."
              />
            )}
          </Item>
        ))}
        {waiting > 0 && (
          <Item tone="bad" to="/attention" title={t`Messages given up`}>
            <Plural value={waiting} one="# is waiting to be restarted." other="# are waiting to be restarted." />
          </Item>
        )}
        {failed > 0 && (
          <Item tone="bad" to="/attention" title={t`Background tasks`}>
            <Plural value={failed} one="# task did not finish." other="# tasks did not finish." />
          </Item>
        )}
      </Rows>
    </Section>
  );
}

function TroubleText({ of }: { of: Trouble }) {
  const { i18n } = useLingui();
  const { breaker, channel } = of.transport;
  const name = i18n._(channels[channel].title);
  switch (of.kind) {
    case 'broken':
      return (
        <>
          <Trans>This account does not work.</Trans> {breaker.reason?.text}{' '}
          {breaker.open_until != null && (
            <Trans>
              It will be tried again <When at={breaker.open_until} />.
            </Trans>
          )}
        </>
      );
    case 'not_granted':
      return <Trans>It cannot send yet: the platform’s operator must grant its sender.</Trans>;
    case 'nearly_used':
      return (
        <Trans>
          <Count value={of.used} /> of today’s <Count value={of.limit} /> messages are used.
        </Trans>
      );
    case 'switched_off':
      return <Trans>It is switched off, and no other account sends {name}.</Trans>;
  }
}

type ItemProps = { tone: Tone; icon?: IconName; to: string; title: string; children: ReactNode };

function Item({ tone, icon = 'attention', to, title, children }: ItemProps) {
  return (
    <li>
      <Group gap="sm" wrap="nowrap" align="flex-start" py={8}>
        <Icon name={icon} size={18} color={toneColor(tone)} />
        <Box style={{ minWidth: 0 }}>
          <TextLink to={to} fw={500} className="clip">
            {title}
          </TextLink>
          <Text component="div" className="clip">
            {children}
          </Text>
        </Box>
      </Group>
    </li>
  );
}
