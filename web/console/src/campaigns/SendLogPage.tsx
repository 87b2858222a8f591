import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';

import { get, list, LIVE, rowsOf, type Schemas } from '../api';
import {
  type Column,
  DataTable,
  EmptyState,
  Group,
  Page,
  ProblemNote,
  SearchField,
  Select,
  Stack,
  Text,
  TextLink,
  useDebouncedValue,
  useParam,
  When,
} from '../ui';
import { isMoving, useCampaign } from './campaign';
import { DeliveriesGrid, useDeliveries } from './DeliveriesGrid';
import { DeliveryDrawer } from './DeliveryDrawer';
import { FoundPeople } from './FoundPeople';
import { PersonSearch } from './PersonSearch';
import { useCampaignColumns } from './columns';

type Summary = Schemas['CampaignSummary'];

/** What was sent to whom, campaign by campaign. */
export function SendLogPage() {
  const { t } = useLingui();
  const [campaign] = useParam('campaign');
  return (
    <Page
      title={t`Send log`}
      about={t`See what was sent to whom: choose a campaign, then find the person by name, address or number.`}
    >
      {campaign === '' ? <Choose /> : <Log id={campaign} />}
    </Page>
  );
}

/** Campaigns of which something may have been sent, the newest first. */
function Choose() {
  const { t } = useLingui();
  const [name, setName] = useParam('name');
  const [params] = useSearchParams();
  const campaigns = useInfiniteQuery(
    list('/v1/campaigns', { params: { query: { name: name === '' ? undefined : name, limit: 50 } } }),
  );
  const shared = useCampaignColumns();
  const sought = (params.get('search') ?? '').trim();
  const columns: Column<Summary>[] = [
    {
      id: 'name',
      title: t`Campaign`,
      cell: (row) => {
        const query = new URLSearchParams(params);
        query.delete('name');
        query.set('campaign', row.id);
        return (
          <TextLink to={{ search: query.toString() }} fw={500} className="clip">
            {row.name}
          </TextLink>
        );
      },
    },
    shared.status,
    shared.channels,
    {
      id: 'when',
      title: t`Started`,
      tight: true,
      phone: 'below',
      cell: (row) => <When at={row.published_at ?? row.updated_at} />,
    },
  ];
  return (
    <Stack gap="sm">
      {sought !== '' && (
        <Text>
          <Trans>
            Choose the campaign in which to look for <b>{sought}</b>.
          </Trans>
        </Text>
      )}
      <Group>
        <SearchField label={t`Search campaigns by name`} value={name} onChange={setName} />
      </Group>
      <DataTable
        caption={t`Sent campaigns`}
        columns={columns}
        rows={rowsOf(campaigns, (page) => page.campaigns.filter(wasStarted))}
        rowKey={(row) => row.id}
        empty={
          <EmptyState icon="log" title={name === '' ? t`Nothing sent yet` : t`No campaign matches this name`}>
            {name === '' ? (
              <Trans>Once a campaign is sent, all its receivers are listed here.</Trans>
            ) : (
              <Trans>The search is case-sensitive. Try fewer letters.</Trans>
            )}
          </EmptyState>
        }
      />
    </Stack>
  );
}

function wasStarted({ status }: Summary): boolean {
  return status !== 'draft' && status !== 'scheduled';
}

/** The people of one campaign, or those whom a search finds. */
function Log({ id }: { id: string }) {
  const { t } = useLingui();
  const [search, setSearch] = useParam('search');
  const [open] = useParam('delivery');
  const query = useCampaign(id, 2 * LIVE);
  const campaign = query.data;
  const moving = campaign !== undefined && isMoving(campaign) && open === '';
  const found = search.trim() !== '';
  const deliveries = useDeliveries(id, {}, { moving: moving && !found });
  if (query.error !== null && campaign === undefined) {
    return (
      <Stack>
        <ProblemNote problem={query.error} retry={() => void query.refetch()} />
        <Picker chosen={undefined} />
      </Stack>
    );
  }
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Picker chosen={campaign} />
        <PersonSearch value={search} onChange={setSearch} />
      </Group>
      {found && campaign !== undefined ? (
        <FoundPeople campaign={campaign} words={search} moving={moving} />
      ) : (
        <DeliveriesGrid
          rows={rowsOf(deliveries, (page) => page.deliveries)}
          channels={(campaign?.channels.length ?? 2) > 1}
          empty={<EmptyState icon="people" title={t`This campaign has no receivers`} />}
        />
      )}
      {campaign !== undefined && <DeliveryDrawer campaign={campaign} />}
    </Stack>
  );
}

/** Another campaign, found by its name. */
function Picker({ chosen }: { chosen: Summary | undefined }) {
  const { t } = useLingui();
  const [, setCampaign] = useParam('campaign', { push: true });
  const [typed, setTyped] = useState('');
  const [words] = useDebouncedValue(typed.trim(), 300);
  const name = words === '' || words === chosen?.name ? undefined : words;
  const found = useQuery({
    ...get('/v1/campaigns', { params: { query: { name, limit: 50 } } }),
    placeholderData: (before) => before,
  });
  const offered = [
    ...(chosen === undefined ? [] : [chosen]),
    ...(found.data?.campaigns ?? []).filter((it) => wasStarted(it) && it.id !== chosen?.id),
  ];
  return (
    <Select
      aria-label={t`Campaign`}
      placeholder={t`Choose a campaign`}
      searchable
      value={chosen?.id ?? null}
      onChange={(it) => setCampaign(it ?? undefined)}
      onSearchChange={setTyped}
      data={offered.map((it) => ({ value: it.id, label: it.name }))}
      nothingFoundMessage={t`No campaign matches this name`}
      style={{ flex: '1 1 260px', maxWidth: 420 }}
    />
  );
}
