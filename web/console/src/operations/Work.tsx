import { Trans, useLingui } from '@lingui/react/macro';

import type { Rows, Schemas } from '../api';
import { type Column, DataTable, EmptyState, FilterChips, Stack, Status, Text, TextLink, useParam, When } from '../ui';
import { CampaignLink } from './CampaignLink';
import { WorkButtons } from './WorkButtons';
import { WorkProgress } from './WorkProgress';
import { workKinds, workStatuses } from './words';

type Row = Schemas['Job'];
type Props = { rows: Rows<Row>; campaigns: Schemas['CampaignSummary'][] | undefined };

/** What Carillon does in the background: how far it is, and what failed. */
export function Work({ rows, campaigns }: Props) {
  const { t, i18n } = useLingui();
  const [show, setShow] = useParam('show');
  const all = show === 'all';
  const shown: Rows<Row> = {
    ...rows,
    rows: all ? rows.rows : rows.rows?.filter((it) => it.status === 'running' || it.status === 'failed'),
  };
  const columns: Column<Row>[] = [
    {
      id: 'what',
      title: t`What`,
      cell: (row) => (
        <Stack gap={2}>
          <Text fw={500}>{workName(row.kind)}</Text>
          {row.reason != null && (
            <Text size="sm" c="dimmed" lineClamp={6} dir="auto" title={row.reason.code}>
              {row.reason.text}
            </Text>
          )}
          <WorkProgress work={row} />
        </Stack>
      ),
    },
    {
      id: 'about',
      title: t`Campaign or file`,
      phone: 'below',
      cell: (row) =>
        row.import != null ? (
          <TextLink to={`/imports/${row.import}`}>
            <Trans>Open the file</Trans>
          </TextLink>
        ) : (
          row.campaign != null &&
          // A campaign that is being removed is gone.
          row.kind !== 'purge' && <CampaignLink id={row.campaign} campaigns={campaigns} />
        ),
    },
    {
      id: 'status',
      title: t`Status`,
      tight: true,
      phone: 'below',
      cell: (row) => {
        const { title, tone, icon } = workStatuses[row.status];
        return (
          <Status tone={tone} icon={icon}>
            {i18n._(title)}
          </Status>
        );
      },
    },
    {
      id: 'when',
      title: t`Started`,
      tight: true,
      phone: 'below',
      cell: (row) => <When at={row.started_at} />,
    },
  ];
  function workName(kind: string): string {
    const name = workKinds[kind];
    return name === undefined ? kind : i18n._(name);
  }
  return (
    <Stack gap="sm">
      <FilterChips
        label={t`Filter tasks`}
        value={all ? 'all' : ''}
        onChange={setShow}
        choices={[
          { value: '', label: t`Running or failed` },
          { value: 'all', label: t`All tasks of the last 30 days` },
        ]}
      />
      <DataTable
        caption={t`Background tasks`}
        columns={columns}
        rows={shown}
        rowKey={(row) => row.id}
        actions={(row) => <WorkButtons work={row} name={workName(row.kind)} />}
        empty={
          <EmptyState icon="check" title={all ? t`No tasks in the last 30 days` : t`Nothing running, nothing failed`}>
            <Trans>
              Reading files, checking campaigns and recounting run in the background. You can follow them here.
            </Trans>
          </EmptyState>
        }
      />
    </Stack>
  );
}
