import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';

import { list, rowsOf, type Schemas } from '../api';
import { ChannelMark } from '../campaigns/Marks';
import { channels } from '../campaigns/words';
import {
  Button,
  type Column,
  DataTable,
  Drawer,
  EmptyState,
  FilterChips,
  Icon,
  Page,
  ProblemNote,
  useParam,
  When,
} from '../ui';
import { AddManyForm } from './AddManyForm';
import { AddOneForm } from './AddOneForm';
import { CheckForm } from './CheckForm';
import { SourceMark } from './SourceMark';
import { useRemoval } from './useRemoval';

type Row = Schemas['Suppression'];
type Channel = Schemas['Channel'];

/** Every address that gets nothing, and why. */
export function SuppressionsPage() {
  const { t, i18n } = useLingui();
  const [channel, setChannel] = useParam('channel');
  const [open, setOpen] = useParam('open', { push: true });
  const removal = useRemoval();
  const query = { channel: channel in channels ? (channel as Channel) : undefined, limit: 100 };
  const suppressions = useInfiniteQuery(list('/v1/suppressions', { params: { query } }));
  const close = () => setOpen(undefined);
  const titles: Record<string, string> = {
    check: t`Check an address`,
    one: t`Add an address`,
    many: t`Add many addresses`,
  };
  const columns: Column<Row>[] = [
    { id: 'address', title: t`Address`, cell: (row) => <bdi className="clip">{row.address}</bdi> },
    {
      id: 'why',
      title: t`Why`,
      tight: true,
      phone: 'below',
      cell: (row) => <SourceMark source={row.source} />,
    },
    {
      id: 'channel',
      title: t`Channel`,
      tight: true,
      phone: 'below',
      cell: (row) => <ChannelMark channel={row.channel} />,
    },
    { id: 'since', title: t`Since`, tight: true, phone: 'below', cell: (row) => <When at={row.at} /> },
  ];
  const buttons = (
    <>
      <Button variant="default" leftSection={<Icon name="search" size={16} />} onClick={() => setOpen('check')}>
        <Trans>Check an address</Trans>
      </Button>
      <Button variant="default" leftSection={<Icon name="upload" size={16} />} onClick={() => setOpen('many')}>
        <Trans>Add many</Trans>
      </Button>
      <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setOpen('one')}>
        <Trans>Add an address</Trans>
      </Button>
    </>
  );
  return (
    <Page
      title={t`Suppressions`}
      about={
        <Trans>
          Addresses that no campaign sends to: people who unsubscribed or marked a message as spam, and addresses that
          do not exist.
        </Trans>
      }
      actions={buttons}
    >
      <FilterChips
        label={t`Channel`}
        value={query.channel ?? ''}
        onChange={setChannel}
        choices={[
          { value: '', label: t`All` },
          ...Object.entries(channels).map(([value, { title }]) => ({ value, label: i18n._(title) })),
        ]}
      />
      <ProblemNote problem={removal.problem} />
      <DataTable
        caption={t`Suppressions`}
        columns={columns}
        rows={rowsOf(suppressions, (page) => page.suppressions)}
        rowKey={(row) => `${row.channel} ${row.address}`}
        actions={(row) => (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={() => void removal.remove(row)}
            aria-label={t`Remove ${row.address}`}
          >
            <Trans>Remove</Trans>
          </Button>
        )}
        empty={
          <EmptyState icon="suppressions" title={t`No suppressions here`}>
            <Trans>
              People who unsubscribe or mark a message as spam, and addresses that do not exist, appear here
              automatically. If you have such a list from another system, add it before you send.
            </Trans>
          </EmptyState>
        }
      />
      <Drawer
        opened={open in titles}
        onClose={close}
        title={titles[open]}
        size="md"
        closeButtonProps={{ 'aria-label': t`Close` }}
      >
        {open === 'check' && <CheckForm />}
        {open === 'one' && <AddOneForm onDone={close} />}
        {open === 'many' && <AddManyForm />}
      </Drawer>
    </Page>
  );
}
