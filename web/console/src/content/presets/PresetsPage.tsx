import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';

import { api, call, ifMatch, list, rowsOf, type Schemas, useAction } from '../../api';
import {
  ActionIcon,
  Button,
  ButtonLink,
  type Column,
  DataTable,
  EmptyState,
  Group,
  Icon,
  Menu,
  Page,
  ProblemNote,
  SearchField,
  TextLink,
  notify,
  useConfirm,
  useParam,
  When,
} from '../../ui';
import { NewPreset } from './NewPreset';
import { presetKinds } from './words';

type Row = Schemas['PresetSummary'];

/** Campaigns that are ready but for their receivers. */
export function PresetsPage() {
  const { t, i18n } = useLingui();
  const confirm = useConfirm();
  const [name, setName] = useParam('name');
  const [creating, setCreating] = useParam('new', { push: true });
  const presets = useInfiniteQuery(
    list('/v1/presets', { params: { query: { name: name === '' ? undefined : name, limit: 50 } } }),
  );
  const remove = useAction(
    (row: Row) =>
      call(api.DELETE('/v1/presets/{preset}', { params: { path: { preset: row.id }, header: ifMatch(row) } })),
    { refresh: ['/v1/presets'], onDone: (_, row) => notify(t`${row.name} was deleted.`) },
  );
  const askToRemove = async (row: Row) => {
    const yes = await confirm({
      title: t`Delete this preset?`,
      text: t`${row.name} will be deleted for everyone. Campaigns that were started from it are not affected.`,
      verb: t`Delete the preset`,
      grave: true,
    });
    if (yes) remove.mutate(row);
  };
  const columns: Column<Row>[] = [
    {
      id: 'name',
      title: t`Name`,
      cell: (row) => (
        <TextLink to={`/presets/${row.id}`} fw={500} className="clip">
          {row.name}
        </TextLink>
      ),
    },
    { id: 'kind', title: t`Purpose`, tight: true, phone: 'below', cell: (row) => i18n._(presetKinds[row.kind]) },
    { id: 'changed', title: t`Changed`, tight: true, phone: 'hidden', cell: (row) => <When at={row.updated_at} /> },
    {
      id: 'use',
      title: t`Use`,
      tight: true,
      cell: (row) => (
        <ButtonLink to={`/compose?preset=${row.id}`} size="xs" variant="default" aria-label={t`Use ${row.name}`}>
          <Trans>Use</Trans>
        </ButtonLink>
      ),
    },
  ];
  const create = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating('yes')}>
      <Trans>New preset</Trans>
    </Button>
  );
  return (
    <Page title={t`Presets`} about={t`Campaigns that only need receivers.`} actions={create}>
      <Group justify="flex-end">
        <SearchField label={t`Search by name`} value={name} onChange={setName} />
      </Group>
      <ProblemNote problem={remove.error} />
      <DataTable
        caption={t`Presets`}
        columns={columns}
        rows={rowsOf(presets, (page) => page.presets)}
        rowKey={(row) => row.id}
        actions={(row) => (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t`Actions for ${row.name}`}>
                <Icon name="more" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void askToRemove(row)}>
                <Trans>Delete</Trans>
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        empty={
          name === '' ? (
            <EmptyState icon="presets" title={t`No presets yet`} action={create}>
              <Trans>
                A preset is a campaign prepared in advance: channels, text and priority are set, so in an emergency you
                only choose who gets it.
              </Trans>
            </EmptyState>
          ) : (
            <EmptyState icon="search" title={t`No preset matches this name`} />
          )
        }
      />
      <NewPreset opened={creating !== ''} onClose={() => setCreating(undefined)} />
    </Page>
  );
}
