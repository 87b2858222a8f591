import { useLingui } from '@lingui/react/macro';
import type { ReactNode } from 'react';

import type { Problem, Rows } from '../../api';
import {
  Button,
  type Column,
  DataTable,
  EmptyState,
  Group,
  Icon,
  type IconName,
  Page,
  ProblemNote,
  RowMenu,
  SearchField,
  useParam,
} from '../../ui';

type Named = { id: string; name: string };

type Props<Row> = {
  title: string;
  about: string;
  columns: Column<Row>[];
  /** Those whose names match the `name` in the address. */
  rows: Rows<Row>;
  /** What one can do with a row: `Menu.Item`s. */
  menu: (row: Row) => ReactNode;
  /** Why the last of these was refused. */
  problem: Problem | null;
  /** The button that makes a new one, and the dialog that it opens. */
  create: string;
  dialog: (opened: boolean, close: () => void) => ReactNode;
  /** If there are none: a title, and what they are for. */
  icon: IconName;
  none: string;
  purpose: ReactNode;
  /** If none has a name that matches. */
  unmatched: string;
};

/** A page of documents of one kind: searched by name, with a button for a new one. */
export function DocumentList<Row extends Named>(of: Props<Row>) {
  const { t } = useLingui();
  const [name, setName] = useParam('name');
  const [creating, setCreating] = useParam('new', { push: true });
  // With nothing to search in, the page says what it is for and has one button.
  const none = name === '' && of.rows.rows?.length === 0 && !of.rows.more;
  const create = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating('yes')}>
      {of.create}
    </Button>
  );
  return (
    <Page title={of.title} about={of.about} actions={none ? undefined : create}>
      {!none && (
        <Group justify="flex-end">
          <SearchField label={t`Search by name`} value={name} onChange={setName} />
        </Group>
      )}
      <ProblemNote problem={of.problem} />
      <DataTable
        caption={of.title}
        columns={of.columns}
        rows={of.rows}
        rowKey={(row) => row.id}
        actions={(row) => <RowMenu label={t`Actions for ${row.name}`}>{of.menu(row)}</RowMenu>}
        empty={
          name === '' ? (
            <EmptyState icon={of.icon} title={of.none} action={create}>
              {of.purpose}
            </EmptyState>
          ) : (
            <EmptyState icon="search" title={of.unmatched} />
          )
        }
      />
      {of.dialog(creating !== '', () => setCreating(undefined))}
    </Page>
  );
}
