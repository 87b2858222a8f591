import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';

import { list, LIVE, type Rows, rowsOf, type Schemas } from '../api';
import { useNewest } from '../home/campaigns';
import { WorkProgress } from '../operations/WorkProgress';
import { fileName } from '../receivers/knownFiles';
import { type Column, DataTable, EmptyState, Page, Stack, Text, TextLink, Title, When } from '../ui';
import { NewImport } from './NewImport';
import { RowCampaign, RowOutcome, RowStatus } from './RowOutcome';

type Row = Schemas['Job'];

/** Files of receivers: loading one into a draft, and those of the last 30 days. */
export function ImportsPage() {
  const { t, i18n } = useLingui();
  const newest = useNewest();
  const work = useInfiniteQuery({
    ...list('/v1/jobs', { params: { query: { limit: 200 } } }),
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.jobs.some((it) => it.kind === 'import' && it.status === 'running')) === true
        ? 2 * LIVE
        : false,
  });
  const all = rowsOf(work, (page) => page.jobs);
  const rows: Rows<Row> = { ...all, rows: all.rows?.filter((it) => it.kind === 'import' && it.import != null) };
  const columns: Column<Row>[] = [
    {
      id: 'file',
      title: t`File`,
      cell: (row) => (
        <Stack gap={2}>
          <TextLink to={`/imports/${row.import}`} fw={500} className="clip">
            {(row.import == null ? undefined : fileName(row.import)) ?? fileOf(row.started_at)}
          </TextLink>
          {row.reason != null && (
            <Text size="sm" c="dimmed" lineClamp={6} dir="auto">
              {row.reason.text}
            </Text>
          )}
          <RowOutcome work={row} />
          <WorkProgress work={row} />
        </Stack>
      ),
    },
    {
      id: 'campaign',
      title: t`Campaign`,
      phone: 'below',
      cell: (row) => <RowCampaign work={row} campaigns={newest.campaigns} />,
    },
    {
      id: 'status',
      title: t`Status`,
      tight: true,
      phone: 'below',
      cell: (row) => <RowStatus work={row} />,
    },
    {
      id: 'when',
      title: t`Imported`,
      tight: true,
      phone: 'below',
      cell: (row) => <When at={row.started_at} />,
    },
  ];
  function fileOf(moment: string): string {
    const date = i18n.date(new Date(moment), { dateStyle: 'medium', timeStyle: 'short' });
    return t`File of ${date}`;
  }
  return (
    <Page title={t`Imports`} about={<Trans>People from CSV files. A file is imported into a draft.</Trans>}>
      <NewImport />
      <Title order={2}>
        <Trans>Files of the last 30 days</Trans>
      </Title>
      <DataTable
        caption={t`Files of the last 30 days`}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        empty={
          <EmptyState icon="imports" title={t`No files imported in the last 30 days`}>
            <Trans>Each file stays listed here, with what was added and which rows were refused and why.</Trans>
          </EmptyState>
        }
      />
    </Page>
  );
}
