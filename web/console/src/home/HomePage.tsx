import { Trans, useLingui } from '@lingui/react/macro';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';

import { get } from '../api';
import { ChannelNames } from '../campaigns/Marks';
import { startOf, StartTime } from '../campaigns/StartTime';
import { figuresOf } from '../campaigns/totals';
import { ButtonLink, Icon, Loading, Page, ProblemNote, SimpleGrid, Stack, Text, When } from '../ui';
import { Attention } from './Attention';
import { useNewest } from './campaigns';
import { Ended } from './Ended';
import { FirstSteps } from './FirstSteps';
import { CampaignRow, Rows } from './Rows';
import { Section } from './Section';
import { Sending } from './Sending';

const LATELY = 7 * 86_400_000;

/** What is going on: being sent, next, in need of somebody, and begun. */
export function HomePage() {
  const { t } = useLingui();
  const { campaigns, problem, retry } = useNewest();
  const ended = useEnded(campaigns ?? []);
  const compose = (
    <ButtonLink to="/compose" size="md" leftSection={<Icon name="compose" size={18} />}>
      <Trans>Compose</Trans>
    </ButtonLink>
  );
  if (campaigns === undefined) {
    return (
      <Page title={t`Home`} actions={compose}>
        {problem === null ? <Loading rows={6} /> : <ProblemNote problem={problem} retry={retry} />}
      </Page>
    );
  }
  const scheduled = campaigns
    .filter(({ status }) => status === 'scheduled')
    .toSorted((one, other) => startOf(one).localeCompare(startOf(other)));
  const drafts = campaigns
    .filter(({ status }) => status === 'draft')
    .toSorted((one, other) => other.updated_at.localeCompare(one.updated_at));
  const fresh = campaigns.every(({ status }) => status === 'draft');
  return (
    <Page title={t`Home`} actions={compose}>
      <ProblemNote problem={problem} retry={retry} />
      {fresh && <FirstSteps />}
      <Attention
        campaigns={campaigns}
        ended={ended.map(({ campaign, figures: { failed, unknown } }) => ({ campaign, failed, unknown }))}
      />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" verticalSpacing="lg">
        <Stack gap="lg">
          <Sending campaigns={campaigns.filter(({ status }) => status === 'published')} />
          <Ended ended={ended} />
        </Stack>
        <Stack gap="lg">
          {scheduled.length > 0 && (
            <Section title={t`Coming up`} all={{ to: '/drafts?status=scheduled', title: t`All scheduled` }}>
              <Rows>
                {scheduled.slice(0, 5).map((it) => (
                  <CampaignRow
                    key={it.id}
                    to={`/compose/${it.id}`}
                    name={it.name}
                    mark={
                      <Text size="sm" c="dimmed">
                        <ChannelNames of={it.channels} />
                      </Text>
                    }
                  >
                    <StartTime of={it} />
                  </CampaignRow>
                ))}
              </Rows>
            </Section>
          )}
          {drafts.length > 0 && (
            <Section title={t`Continue a draft`} all={{ to: '/drafts', title: t`All drafts` }}>
              <Rows>
                {drafts.slice(0, 5).map((it) => (
                  <CampaignRow key={it.id} to={`/compose/${it.id}`} name={it.name}>
                    <Trans>
                      changed <When at={it.updated_at} />
                    </Trans>
                  </CampaignRow>
                ))}
              </Rows>
            </Section>
          )}
        </Stack>
      </SimpleGrid>
    </Page>
  );
}

/** The figures of the last campaigns that ended within a week. */
function useEnded(campaigns: NonNullable<ReturnType<typeof useNewest>['campaigns']>) {
  const [opened] = useState(() => Date.now());
  const last = campaigns
    .filter((it) => it.status === 'completed' && opened - Date.parse(it.completed_at ?? it.updated_at) < LATELY)
    .slice(0, 3);
  const details = useQueries({
    queries: last.map(({ id }) => get('/v1/campaigns/{campaign}', { params: { path: { campaign: id } } })),
  });
  return details.flatMap(({ data }) =>
    data === undefined ? [] : [{ campaign: data, figures: figuresOf(data.totals) }],
  );
}
