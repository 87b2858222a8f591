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
  TextLink,
  useDebouncedValue,
  useParam,
  When,
} from '../ui';
import { isMoving, useCampaign } from './campaign';
import { AddressSearch } from './AddressSearch';
import { DeliveriesGrid, useDeliveries } from './DeliveriesGrid';
import { DeliveryDrawer } from './DeliveryDrawer';
import { useCampaignColumns } from './columns';

type Summary = Schemas['CampaignSummary'];

/** What was sent to whom, campaign by campaign. */
export function SendLogPage() {
  const { t } = useLingui();
  const [campaign] = useParam('campaign');
  return (
    <Page
      title={t`Send log`}
      about={t`See what was sent to whom: choose a campaign, then search for the person’s address.`}
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
      <Group>
        <SearchField label={t`Search by name`} value={name} onChange={setName} />
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

/** The people of one campaign, or the one with an address. */
function Log({ id }: { id: string }) {
  const { t } = useLingui();
  const [address, setAddress] = useParam('address');
  const [open] = useParam('delivery');
  const campaign = useCampaign(id, 2 * LIVE);
  const moving = campaign.data !== undefined && isMoving(campaign.data) && open === '';
  const deliveries = useDeliveries(id, address === '' ? {} : { address }, { moving });
  if (campaign.error !== null && campaign.data === undefined) {
    return (
      <Stack>
        <ProblemNote problem={campaign.error} retry={() => void campaign.refetch()} />
        <Picker chosen={undefined} />
      </Stack>
    );
  }
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-start">
        <Picker chosen={campaign.data} />
        <AddressSearch
          label={t`Email address or phone number`}
          value={address}
          onSearch={setAddress}
          problem={deliveries.error?.of('address')}
        />
      </Group>
      <DeliveriesGrid
        deliveries={deliveries}
        filtered={address !== ''}
        channels={(campaign.data?.channels.length ?? 2) > 1}
      />
      {campaign.data !== undefined && <DeliveryDrawer campaign={campaign.data} />}
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
