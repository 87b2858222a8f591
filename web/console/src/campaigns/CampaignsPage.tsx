import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { list, LIVE, rowsOf, type Schemas } from '../api';
import {
  ButtonLink,
  type Column,
  DataTable,
  EmptyState,
  FilterChips,
  Group,
  Icon,
  Page,
  SearchField,
  Text,
  TextLink,
  useParam,
  When,
} from '../ui';
import { CampaignMenu } from './CampaignMenu';
import { useCampaignColumns } from './columns';
import { stallText } from './moments';
import { StartTime } from './StartTime';
import { priorities, statuses } from './words';

type Row = Schemas['CampaignSummary'];
type Status = Schemas['CampaignStatus'];

/** All campaigns, the newest first. */
export function CampaignsPage() {
  const { t, i18n } = useLingui();
  const [status, setStatus] = useParam('status');
  const [name, setName] = useParam('name');
  const query = {
    status: status === '' ? undefined : (status as Status),
    name: name === '' ? undefined : name,
    limit: 50,
  };
  const campaigns = useInfiniteQuery({
    ...list('/v1/campaigns', { params: { query } }),
    refetchInterval: (it) =>
      it.state.data?.pages.some((page) => page.campaigns.some((row) => row.status === 'published')) === true
        ? 5 * LIVE
        : false,
  });
  const shared = useCampaignColumns();
  const columns: Column<Row>[] = [
    {
      id: 'name',
      title: t`Name`,
      cell: (row) => <Name row={row} />,
    },
    shared.status,
    shared.channels,
    { id: 'when', title: t`When`, tight: true, phone: 'below', cell: (row) => <Moment row={row} /> },
  ];
  const filtered = status !== '' || name !== '';
  return (
    <Page
      title={t`Campaigns`}
      actions={
        <ButtonLink to="/compose" leftSection={<Icon name="compose" size={16} />}>
          <Trans>Compose</Trans>
        </ButtonLink>
      }
    >
      <Group justify="space-between" gap="sm">
        <FilterChips
          label={t`Status`}
          value={status}
          onChange={setStatus}
          choices={[
            { value: '', label: t`All` },
            ...Object.entries(statuses).map(([value, { title }]) => ({ value, label: i18n._(title) })),
          ]}
        />
        <SearchField label={t`Search by name`} value={name} onChange={setName} />
      </Group>
      <DataTable
        caption={t`Campaigns`}
        columns={columns}
        rows={rowsOf(campaigns, (page) => page.campaigns)}
        rowKey={(row) => row.id}
        actions={(row) => <CampaignMenu campaign={row} />}
        empty={
          filtered ? (
            <EmptyState icon="search" title={t`No matching campaigns`}>
              <Trans>The search is case-sensitive. Try fewer letters or another status.</Trans>
            </EmptyState>
          ) : (
            <EmptyState
              icon="campaigns"
              title={t`No campaigns yet`}
              action={
                <ButtonLink to="/compose">
                  <Trans>Compose your first campaign</Trans>
                </ButtonLink>
              }
            >
              <Trans>A campaign is one message to many people, on the channels that suit them.</Trans>
            </EmptyState>
          )
        }
      />
    </Page>
  );
}

/** A campaign's name, and below it what is unusual: that it is urgent, that it does not go on, or that it is not ready yet. */
function Name({ row }: { row: Row }) {
  const { i18n } = useLingui();
  const stall = row.stalled.find(({ code }) => code !== 'paused');
  return (
    <>
      <TextLink
        to={row.status === 'draft' || row.status === 'scheduled' ? `/compose/${row.id}` : `/campaigns/${row.id}`}
        fw={500}
        className="clip"
      >
        {row.name}
      </TextLink>
      {row.priority !== 'normal' && (
        <Note>
          <Trans>Priority: {i18n._(priorities[row.priority])}</Trans>
        </Note>
      )}
      {row.loading && (
        <Note>
          <Trans>Receivers are still being added.</Trans>
        </Note>
      )}
      {stall !== undefined && <Note warn>{stallText(stall, i18n)}</Note>}
    </>
  );
}

function Note({ warn = false, children }: { warn?: boolean; children: ReactNode }) {
  return (
    <Text component="div" size="sm" c={warn ? 'var(--warn)' : 'dimmed'} className="clip">
      {children}
    </Text>
  );
}

/** The moment that matters in the campaign's status. */
function Moment({ row }: { row: Row }) {
  switch (row.status) {
    case 'draft':
      return (
        <Trans>
          changed <When at={row.updated_at} />
        </Trans>
      );
    case 'scheduled':
      return <StartTime of={row} />;
    case 'completed':
      return (
        <Trans>
          completed <When at={row.completed_at ?? row.updated_at} />
        </Trans>
      );
    case 'paused':
    case 'canceled':
      return (
        <Trans>
          stopped <When at={row.stopped_at ?? row.updated_at} />
        </Trans>
      );
    default:
      return (
        <Trans>
          started <When at={row.published_at ?? row.updated_at} />
        </Trans>
      );
  }
}
