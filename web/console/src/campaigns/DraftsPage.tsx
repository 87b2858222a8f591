import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';

import { list, rowsOf, type Schemas } from '../api';
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
  TextLink,
  useParam,
  When,
} from '../ui';
import { CampaignMenu } from './CampaignMenu';
import { useCampaignColumns } from './columns';
import { StartTime } from './StartTime';

type Row = Schemas['CampaignSummary'];

/** Campaigns that nobody has got yet: drafts to go on with, and those that wait for their time. */
export function DraftsPage() {
  const { t } = useLingui();
  const [status, setStatus] = useParam('status');
  const [name, setName] = useParam('name');
  const scheduled = status === 'scheduled';
  const query = {
    status: scheduled ? ('scheduled' as const) : ('draft' as const),
    name: name === '' ? undefined : name,
    limit: 50,
  };
  const campaigns = useInfiniteQuery(list('/v1/campaigns', { params: { query } }));
  const shared = useCampaignColumns();
  const columns: Column<Row>[] = [
    {
      id: 'name',
      title: t`Name`,
      cell: (row) => (
        <TextLink to={`/compose/${row.id}`} fw={500} className="clip">
          {row.name}
        </TextLink>
      ),
    },
    shared.channels,
    {
      id: 'when',
      title: scheduled ? t`Starts` : t`Last changed`,
      tight: true,
      phone: 'below',
      cell: (row) => (scheduled ? <StartTime of={row} /> : <When at={row.updated_at} />),
    },
    {
      id: 'created',
      title: t`Created`,
      tight: true,
      phone: 'hidden',
      cell: (row) => <When at={row.created_at} />,
    },
  ];
  return (
    <Page
      title={t`Drafts`}
      actions={
        <ButtonLink to="/compose" leftSection={<Icon name="compose" size={16} />}>
          <Trans>Compose</Trans>
        </ButtonLink>
      }
    >
      <Group justify="space-between" gap="sm">
        <FilterChips
          label={t`Status`}
          value={scheduled ? status : ''}
          onChange={setStatus}
          choices={[
            { value: '', label: t`Drafts` },
            { value: 'scheduled', label: t`Scheduled` },
          ]}
        />
        <SearchField label={t`Search by name`} value={name} onChange={setName} />
      </Group>
      <DataTable
        caption={scheduled ? t`Scheduled campaigns` : t`Drafts`}
        columns={columns}
        rows={rowsOf(campaigns, (page) => page.campaigns)}
        rowKey={(row) => row.id}
        actions={(row) => <CampaignMenu campaign={row} />}
        empty={
          name !== '' ? (
            <EmptyState icon="search" title={t`No draft matches this name`}>
              <Trans>The search is case-sensitive. Try fewer letters.</Trans>
            </EmptyState>
          ) : scheduled ? (
            <EmptyState icon="clock" title={t`Nothing is scheduled`}>
              <Trans>You can schedule a campaign in its last step.</Trans>
            </EmptyState>
          ) : (
            <EmptyState
              icon="drafts"
              title={t`No drafts`}
              action={
                <ButtonLink to="/compose">
                  <Trans>Compose a campaign</Trans>
                </ButtonLink>
              }
            >
              <Trans>What you compose is saved here automatically until you send it.</Trans>
            </EmptyState>
          )
        }
      />
    </Page>
  );
}
