import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';

import { api, call, ifMatch, list, rowsOf, type Schemas, useAction } from '../../api';
import {
  ActionIcon,
  Button,
  type Column,
  DataTable,
  EmptyState,
  Group,
  Icon,
  Menu,
  Modal,
  Page,
  ProblemNote,
  SearchField,
  Stack,
  Status,
  TextInput,
  TextLink,
  notify,
  useConfirm,
  useParam,
  When,
} from '../../ui';

type Row = Schemas['WrapperSummary'];

/** What surrounds emails: the name above, the address and the unsubscribe link below, the colours. */
export function WrappersPage() {
  const { t } = useLingui();
  const confirm = useConfirm();
  const [name, setName] = useParam('name');
  const [creating, setCreating] = useParam('new', { push: true });
  const wrappers = useInfiniteQuery(
    list('/v1/wrappers', { params: { query: { name: name === '' ? undefined : name, limit: 50 } } }),
  );
  const refresh = ['/v1/wrappers'];
  const remove = useAction(
    (row: Row) =>
      call(api.DELETE('/v1/wrappers/{wrapper}', { params: { path: { wrapper: row.id }, header: ifMatch(row) } })),
    { refresh, onDone: (_, row) => notify(t`${row.name} was deleted.`) },
  );
  const makeDefault = useAction(
    (row: Row) =>
      call(
        api.PATCH('/v1/wrappers/{wrapper}', {
          params: { path: { wrapper: row.id }, header: ifMatch(row) },
          body: { default: true },
        }),
      ),
    { refresh, onDone: (_, row) => notify(t`${row.name} is now the default.`) },
  );
  const askToRemove = async (row: Row) => {
    const yes = await confirm({
      title: t`Delete this wrapper?`,
      text: t`${row.name} and all its versions will be deleted. Published emails keep it; drafts and templates that use it need another one.`,
      verb: t`Delete the wrapper`,
      grave: true,
    });
    if (yes) remove.mutate(row);
  };
  const columns: Column<Row>[] = [
    {
      id: 'name',
      title: t`Name`,
      cell: (row) => (
        <TextLink to={`/wrappers/${row.id}`} fw={500} className="clip">
          {row.name}
        </TextLink>
      ),
    },
    {
      id: 'default',
      title: t`Used`,
      tight: true,
      phone: 'below',
      cell: (row) => (row.default ? <Status tone="ok">{t`Default`}</Status> : <Trans>When chosen</Trans>),
    },
    { id: 'changed', title: t`Changed`, tight: true, phone: 'below', cell: (row) => <When at={row.updated_at} /> },
  ];
  const create = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating('yes')}>
      <Trans>New wrapper</Trans>
    </Button>
  );
  return (
    <Page title={t`Wrappers`} about={t`What surrounds your emails: header, footer and colors.`} actions={create}>
      <Group justify="flex-end">
        <SearchField label={t`Search by name`} value={name} onChange={setName} />
      </Group>
      <ProblemNote problem={remove.error ?? makeDefault.error} />
      <DataTable
        caption={t`Wrappers`}
        columns={columns}
        rows={rowsOf(wrappers, (page) => page.wrappers)}
        rowKey={(row) => row.id}
        actions={(row) => (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t`Actions for ${row.name}`}>
                <Icon name="more" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {!row.default && (
                <Menu.Item leftSection={<Icon name="check" size={16} />} onClick={() => makeDefault.mutate(row)}>
                  <Trans>Make it the default</Trans>
                </Menu.Item>
              )}
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void askToRemove(row)}>
                <Trans>Delete</Trans>
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        empty={
          name === '' ? (
            <EmptyState icon="wrappers" title={t`No wrappers yet`} action={create}>
              <Trans>
                A wrapper gives all emails the same frame: your name and colors, your address and the unsubscribe link.
                It works on phones, in dark mode and in every language.
              </Trans>
            </EmptyState>
          ) : (
            <EmptyState icon="search" title={t`No wrapper matches this name`} />
          )
        }
      />
      <NewWrapper opened={creating !== ''} onClose={() => setCreating(undefined)} />
    </Page>
  );
}

function NewWrapper({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [missing, setMissing] = useState(false);
  const create = useAction(() => call(api.POST('/v1/wrappers', { body: { name: name.trim() } })), {
    refresh: ['/v1/wrappers'],
    onDone: (made) => void navigate(`/wrappers/${made.id}`),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(name.trim() === '');
    if (name.trim() !== '') create.mutate();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t`New wrapper`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            label={t`Name`}
            description={t`For example the name of your organization. It starts as a plain frame.`}
            data-autofocus
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setMissing(false);
            }}
            error={missing ? t`Give it a name that is easy to find.` : create.error?.of('name')}
          />
          <ProblemNote problem={create.error} shown={['name']} />
          <Group justify="flex-end">
            <Button type="submit" loading={create.isPending}>
              <Trans>Create the wrapper</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
