import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';

import { list, rowsOf, type Schemas } from '../../api';
import { ButtonLink, type Column, Icon, Menu, TextLink, useParam, When } from '../../ui';
import { NewPreset } from './NewPreset';
import { presetKinds } from './words';
import { DocumentList } from '../document/DocumentList';
import { useDeletingPreset } from './useDeletingPreset';

type Row = Schemas['PresetSummary'];

/** Campaigns that are ready but for their receivers. */
export function PresetsPage() {
  const { t, i18n } = useLingui();
  const [name] = useParam('name');
  const presets = useInfiniteQuery(
    list('/v1/presets', { params: { query: { name: name === '' ? undefined : name, limit: 50 } } }),
  );
  const deleting = useDeletingPreset({ refresh: ['/v1/presets'] });
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
  return (
    <DocumentList
      title={t`Presets`}
      about={t`Campaigns that only need receivers.`}
      columns={columns}
      rows={rowsOf(presets, (page) => page.presets)}
      menu={(row) => (
        <>
          <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void deleting.ask(row)}>
            <Trans>Delete</Trans>
          </Menu.Item>
        </>
      )}
      problem={deleting.problem}
      create={t`New preset`}
      dialog={(opened, close) => <NewPreset opened={opened} onClose={close} />}
      icon="presets"
      none={t`No presets yet`}
      purpose={
        <Trans>
          A preset is a campaign prepared in advance: channels, text and priority are set, so in an emergency you only
          choose who gets it.
        </Trans>
      }
      unmatched={t`No preset matches this name`}
    />
  );
}
