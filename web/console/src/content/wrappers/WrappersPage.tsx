import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';

import { api, call, ifMatch, list, rowsOf, type Schemas, useAction } from '../../api';
import { type Column, Icon, Menu, Status, TextLink, notify, useParam, When } from '../../ui';
import { DocumentList } from '../document/DocumentList';
import { useDeletingWrapper } from './useDeletingWrapper';
import { NewWrapper } from './NewWrapper';

type Row = Schemas['WrapperSummary'];

/** What surrounds emails: the name above, the address and the unsubscribe link below, the colours. */
export function WrappersPage() {
  const { t } = useLingui();
  const [name] = useParam('name');
  const wrappers = useInfiniteQuery(
    list('/v1/wrappers', { params: { query: { name: name === '' ? undefined : name, limit: 50 } } }),
  );
  const refresh = ['/v1/wrappers'];
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
  const deleting = useDeletingWrapper({ refresh });
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
  return (
    <DocumentList
      title={t`Wrappers`}
      about={t`What surrounds your emails: header, footer and colors.`}
      columns={columns}
      rows={rowsOf(wrappers, (page) => page.wrappers)}
      menu={(row) => (
        <>
          {!row.default && (
            <Menu.Item leftSection={<Icon name="check" size={16} />} onClick={() => makeDefault.mutate(row)}>
              <Trans>Make it the default</Trans>
            </Menu.Item>
          )}
          <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void deleting.ask(row)}>
            <Trans>Delete</Trans>
          </Menu.Item>
        </>
      )}
      problem={deleting.problem ?? makeDefault.error}
      create={t`New wrapper`}
      dialog={(opened, close) => <NewWrapper opened={opened} onClose={close} />}
      icon="wrappers"
      none={t`No wrappers yet`}
      purpose={
        <Trans>
          A wrapper gives all emails the same frame: your name and colors, your address and the unsubscribe link. It
          works on phones, in dark mode and in every language.
        </Trans>
      }
      unmatched={t`No wrapper matches this name`}
    />
  );
}
