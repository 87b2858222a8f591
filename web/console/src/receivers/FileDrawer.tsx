import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, call, list, rowsOf, type Schemas } from '../api';
import {
  Button,
  Drawer,
  Group,
  Icon,
  Loading,
  ProblemNote,
  saveCsv,
  Stack,
  Status,
  Text,
  Title,
  useParam,
} from '../ui';
import type { CampaignFile } from './useImports';

const PAGE = 200;

/** A file in detail: how its columns were understood, and what was wrong with which row. */
export function FileDrawer({ files }: { files: CampaignFile[] }) {
  const { t } = useLingui();
  const [id, setId] = useParam('file');
  const file = files.find((it) => it.id === id);
  return (
    <Drawer
      opened={file !== undefined}
      onClose={() => setId('')}
      size="lg"
      title={file?.name ?? t`File`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {file !== undefined && <FileDetails file={file} />}
    </Drawer>
  );
}

/** How the columns of a file were understood, and what was wrong with which row. */
export function FileDetails({ file }: { file: CampaignFile }) {
  const { t } = useLingui();
  const remarks = useInfiniteQuery(
    list('/v1/imports/{import}', { params: { path: { import: file.id }, query: { limit: PAGE } } }),
  );
  const { rows, problem, more, loading, loadMore, retry } = rowsOf(remarks, (page) => page.errors);
  const shown = remarks.data?.pages[0] ?? file.shown;
  const [saving, setSaving] = useState(false);
  const save = async () => {
    setSaving(true);
    try {
      await saveRemarks(file);
    } finally {
      setSaving(false);
    }
  };
  return (
    <Stack>
      {shown?.refusal != null && (
        <Text style={{ color: 'var(--bad)' }}>
          <Trans>The file was refused and nobody was added:</Trans> {shown.refusal.detail}
        </Text>
      )}
      <section>
        <Title order={3} mb="xs">
          <Trans>Columns</Trans>
        </Title>
        <table className="data">
          <thead>
            <tr>
              <th scope="col">{t`In the file`}</th>
              <th scope="col">{t`Read as`}</th>
            </tr>
          </thead>
          <tbody>
            {shown?.columns.map((it) => (
              <tr key={it.column}>
                <td>{it.column}</td>
                <td>
                  <ColumnMeaning column={it} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section>
        <Group justify="space-between" mb="xs">
          <Title order={3}>
            <Trans>Rows with remarks</Trans>
          </Title>
          {rows !== undefined && rows.length > 0 && (
            <Button
              size="xs"
              variant="default"
              loading={saving}
              leftSection={<Icon name="download" size={14} />}
              onClick={() => void save()}
            >
              <Trans>Download</Trans>
            </Button>
          )}
        </Group>
        <ProblemNote problem={problem} retry={retry} />
        {rows === undefined && problem === undefined && <Loading />}
        {rows?.length === 0 && (
          <Text c="dimmed">
            <Trans>Every row was accepted as is.</Trans>
          </Text>
        )}
        {rows !== undefined && rows.length > 0 && (
          <table className="data" aria-label={t`Rows with remarks`}>
            <thead>
              <tr>
                <th scope="col" className="right tight">{t`Line`}</th>
                <th scope="col">{t`What is wrong`}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((it) => (
                <tr key={`${it.line} ${it.column} ${it.code}`}>
                  <td className="right tight">{it.line}</td>
                  <td>
                    <Effect effect={it.effect} />
                    <div>
                      {it.column != null && <>{it.column}: </>}
                      {it.reason}
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {more && rows !== undefined && (
          <Button variant="subtle" mt="xs" loading={loading} onClick={loadMore}>
            <Plural value={rows.length} one="# is shown. Show more" other="# are shown. Show more" />
          </Button>
        )}
      </section>
    </Stack>
  );
}

function ColumnMeaning({ column }: { column: Schemas['ImportColumn'] }) {
  const { t } = useLingui();
  const fields: Record<string, string> = {
    first_name: t`First name`,
    last_name: t`Last name`,
    email: t`Email`,
    mobile: t`Mobile number`,
    push: t`Device`,
    language: t`Language`,
  };
  if (column.region) return <>{t`Country of the number`}</>;
  if (column.field == null) return <Text c="dimmed">{t`Not used, because it has no name`}</Text>;
  const known = fields[column.field];
  if (known !== undefined) return <>{known}</>;
  const path = `{{${column.field.replace(/^variables\./, '')}}}`;
  return <>{t`Placeholder ${path}`}</>;
}

function Effect({ effect }: { effect: Schemas['RowEffect'] }) {
  const { t } = useLingui();
  switch (effect) {
    case 'refused':
      return <Status tone="bad">{t`Refused`}</Status>;
    case 'left_out':
      return <Status tone="warn">{t`Added without this`}</Status>;
    default:
      return <Status tone="quiet" icon="skip">{t`Already there`}</Status>;
  }
}

/** Reads all remarks and hands them to the browser as a file. */
async function saveRemarks(file: CampaignFile) {
  const rows: Schemas['RowError'][] = [];
  let cursor: string | undefined;
  do {
    const params = { path: { import: file.id }, query: { limit: PAGE, cursor } };
    // Each page names the next one.
    // oxlint-disable-next-line no-await-in-loop
    const page: Schemas['ShownImport'] = await call(api.GET('/v1/imports/{import}', { params }));
    rows.push(...page.errors);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  saveCsv(`${(file.name ?? file.id).replace(/\.csv$/i, '')}-remarks.csv`, [
    ['line', 'column', 'effect', 'reason'],
    ...rows.map((it) => [String(it.line), it.column ?? '', it.effect, it.reason]),
  ]);
}
