import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';

import { api, call, list, rowsOf, type Schemas, useAction } from '../../api';
import { priorities } from '../../campaigns/words';
import { type Column, Icon, Menu, Status, TextLink, useParam, When } from '../../ui';
import { LanguageNames, PartNames } from '../document/PartNames';
import { NewTemplate } from './NewTemplate';
import { DocumentList } from '../document/DocumentList';
import { useDeletingTemplate } from './useDeletingTemplate';

type Row = Schemas['TemplateSummary'];

/** Texts to start campaigns with. */
export function TemplatesPage() {
  const { t, i18n } = useLingui();
  const navigate = useNavigate();
  const [name] = useParam('name');
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
  const deleting = useDeletingTemplate({ refresh });
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
    { id: 'channels', title: t`Channels`, phone: 'below', cell: (row) => <PartNames of={row.channels} /> },
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
  return (
    <DocumentList
      title={t`Templates`}
      about={t`Texts to start campaigns with.`}
      columns={columns}
      rows={rowsOf(templates, (page) => page.templates)}
      menu={(row) => (
        <>
          <Menu.Item
            leftSection={<Icon name="compose" size={16} />}
            onClick={() => void navigate(`/compose?template=${row.id}`)}
          >
            <Trans>Use in a campaign</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => duplicate.mutate(row)}>
            <Trans>Duplicate</Trans>
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void deleting.ask(row)}>
            <Trans>Delete</Trans>
          </Menu.Item>
        </>
      )}
      problem={duplicate.error ?? deleting.problem}
      create={t`New template`}
      dialog={(opened, close) => <NewTemplate opened={opened} onClose={close} />}
      icon="templates"
      none={t`No templates yet`}
      purpose={
        <Trans>
          A template is a text that you write once and reuse for campaigns, in all languages and for all channels. The{' '}
          <TextLink to="/library" underline="always">
            library
          </TextLink>{' '}
          has some to start with.
        </Trans>
      }
      unmatched={t`No template matches this name`}
    />
  );
}
