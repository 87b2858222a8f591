import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';

import { api, call, ifMatch, list, rowsOf, type Schemas, useAction } from '../../api';
import { priorities } from '../../campaigns/words';
import {
  ActionIcon,
  Button,
  type Column,
  DataTable,
  EmptyState,
  Group,
  Icon,
  Menu,
  Page,
  ProblemNote,
  SearchField,
  Status,
  TextLink,
  notify,
  useConfirm,
  useParam,
  When,
} from '../../ui';
import { LanguageNames, PartMarks } from '../document/PartMarks';
import { NewTemplate } from './NewTemplate';

type Row = Schemas['TemplateSummary'];

/** Texts to start campaigns with. */
export function TemplatesPage() {
  const { t, i18n } = useLingui();
  const confirm = useConfirm();
  const navigate = useNavigate();
  const [name, setName] = useParam('name');
  const [creating, setCreating] = useParam('new', { push: true });
  const templates = useInfiniteQuery(
    list('/v1/templates', { params: { query: { name: name === '' ? undefined : name, limit: 50 } } }),
  );
  const refresh = ['/v1/templates'];
  const duplicate = useAction(
    async (row: Row) => {
      const { content, description, priority, active } = await call(
        api.GET('/v1/templates/{template}', { params: { path: { template: row.id } } }),
      );
      return call(
        api.POST('/v1/templates', {
          body: { name: t`${row.name} (copy)`.slice(0, 200), content, description, priority, active },
        }),
      );
    },
    { refresh, onDone: (made) => void navigate(`/templates/${made.id}`) },
  );
  const remove = useAction(
    (row: Row) =>
      call(api.DELETE('/v1/templates/{template}', { params: { path: { template: row.id }, header: ifMatch(row) } })),
    { refresh, onDone: (_, row) => notify(t`${row.name} was deleted.`) },
  );
  const askToRemove = async (row: Row) => {
    const yes = await confirm({
      title: t`Delete this template?`,
      text: t`${row.name} and all its versions will be deleted. Campaigns that were started from it are not affected.`,
      verb: t`Delete the template`,
      grave: true,
    });
    if (yes) remove.mutate(row);
  };
  const columns: Column<Row>[] = [
    {
      id: 'name',
      title: t`Name`,
      cell: (row) => (
        <>
          <TextLink to={`/templates/${row.id}`} fw={500} className="clip">
            {row.name}
          </TextLink>
          {row.description != null && (
            <div className="clip" style={{ color: 'var(--mantine-color-dimmed)', fontSize: '0.8125rem' }}>
              {row.description}
            </div>
          )}
        </>
      ),
    },
    {
      id: 'state',
      title: t`Status`,
      tight: true,
      phone: 'below',
      cell: (row) =>
        row.active ? (
          <Status tone="ok">{t`Offered`}</Status>
        ) : (
          <Status tone="quiet" icon="suppressions">{t`Not offered`}</Status>
        ),
    },
    { id: 'channels', title: t`Channels`, tight: true, phone: 'below', cell: (row) => <PartMarks of={row.channels} /> },
    {
      id: 'languages',
      title: t`Other languages`,
      phone: 'hidden',
      cell: (row) => <LanguageNames of={row.languages} />,
    },
    {
      id: 'priority',
      title: t`Priority`,
      tight: true,
      phone: 'hidden',
      cell: (row) => i18n._(priorities[row.priority]),
    },
    { id: 'changed', title: t`Changed`, tight: true, phone: 'hidden', cell: (row) => <When at={row.updated_at} /> },
  ];
  const create = (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating('yes')}>
      <Trans>New template</Trans>
    </Button>
  );
  return (
    <Page title={t`Templates`} about={t`Texts to start campaigns with.`} actions={create}>
      <Group justify="flex-end">
        <SearchField label={t`Search by name`} value={name} onChange={setName} />
      </Group>
      <ProblemNote problem={duplicate.error ?? remove.error} />
      <DataTable
        caption={t`Templates`}
        columns={columns}
        rows={rowsOf(templates, (page) => page.templates)}
        rowKey={(row) => row.id}
        actions={(row) => (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t`Actions for ${row.name}`}>
                <Icon name="more" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={<Icon name="compose" size={16} />}
                onClick={() => void navigate(`/compose?template=${row.id}`)}
              >
                <Trans>Use in a campaign</Trans>
              </Menu.Item>
              <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => duplicate.mutate(row)}>
                <Trans>Duplicate</Trans>
              </Menu.Item>
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void askToRemove(row)}>
                <Trans>Delete</Trans>
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        empty={
          name === '' ? (
            <EmptyState icon="templates" title={t`No templates yet`} action={create}>
              <Trans>
                A template is a text that you write once and reuse for campaigns, in all languages and for all channels.
                The library has some to start with.
              </Trans>
            </EmptyState>
          ) : (
            <EmptyState icon="search" title={t`No template matches this name`} />
          )
        }
      />
      <NewTemplate opened={creating !== ''} onClose={() => setCreating(undefined)} />
    </Page>
  );
}
