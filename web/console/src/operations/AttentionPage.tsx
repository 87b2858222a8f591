import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';

import { list, LIVE, rowsOf } from '../api';
import { useNewest } from '../home/campaigns';
import { Badge, Page, ProblemNote, Stack, Tabs, useParam } from '../ui';
import { DeadLetters } from './DeadLetters';
import { StalledCampaigns } from './StalledCampaigns';
import { Work } from './Work';

/** What goes on only when somebody does something. */
export function AttentionPage() {
  const { t } = useLingui();
  const [tab, setTab] = useParam('tab', { push: true });
  const newest = useNewest();
  const letters = useInfiniteQuery(list('/v1/dead-letters', { params: { query: { limit: 100 } } }));
  const work = useInfiniteQuery({
    ...list('/v1/jobs', { params: { query: { limit: 100 } } }),
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.jobs.some((it) => it.status === 'running')) === true ? 2 * LIVE : false,
  });
  const letterRows = rowsOf(letters, (page) => page.dead_letters);
  const workRows = rowsOf(work, (page) => page.jobs);
  const waiting = letterRows.rows?.filter((it) => it.status === 'waiting').length ?? 0;
  const failed = workRows.rows?.filter((it) => it.status === 'failed').length ?? 0;
  return (
    <Page
      title={t`Needs attention`}
      about={<Trans>What is waiting for somebody to act, and what Carillon is doing in the background.</Trans>}
    >
      <ProblemNote problem={newest.problem} retry={newest.retry} />
      <StalledCampaigns campaigns={newest.campaigns} />
      <Tabs
        value={tab === '' ? 'messages' : tab}
        onChange={(value) => setTab(value === 'messages' ? '' : (value ?? ''))}
      >
        <Tabs.List>
          <Tabs.Tab value="messages" rightSection={waiting > 0 && <Figure value={waiting} more={letterRows.more} />}>
            <Trans>Given up</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="work" rightSection={failed > 0 && <Figure value={failed} more={workRows.more} />}>
            <Trans>Background tasks</Trans>
          </Tabs.Tab>
        </Tabs.List>
        <Stack pt="md">
          {tab === 'work' ? (
            <Tabs.Panel value="work">
              <Work rows={workRows} campaigns={newest.campaigns} />
            </Tabs.Panel>
          ) : (
            <Tabs.Panel value="messages">
              <DeadLetters rows={letterRows} campaigns={newest.campaigns} />
            </Tabs.Panel>
          )}
        </Stack>
      </Tabs>
    </Page>
  );
}

/** How many need somebody; the list may go on beyond what was read. */
function Figure({ value, more }: { value: number; more: boolean }) {
  const { t, i18n } = useLingui();
  const figure = more ? `${i18n.number(value)}+` : i18n.number(value);
  return (
    <Badge size="sm" color="red.8" aria-label={t`${figure} need attention`}>
      {figure}
    </Badge>
  );
}
