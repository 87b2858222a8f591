import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import type { Rows, Schemas } from '../api';
import { channels } from '../campaigns/words';
import {
  Button,
  Checkbox,
  type Column,
  Count,
  DataTable,
  EmptyState,
  Group,
  ProblemNote,
  Stack,
  Status,
  Text,
  TextLink,
  useConfirm,
  When,
} from '../ui';
import { CampaignLink } from './CampaignLink';
import { MOST_AT_ONCE, useRedrive } from './useRedrive';
import { letterKinds, letterStatuses } from './words';

type Row = Schemas['DeadLetter'];
type Props = { rows: Rows<Row>; campaigns: Schemas['CampaignSummary'][] | undefined };

/** What was tried too often without success, and can be tried again. */
export function DeadLetters({ rows, campaigns }: Props) {
  const { t, i18n } = useLingui();
  const ask = useConfirm();
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const redrive = useRedrive(() => setMarked(new Set()));
  const waiting = (rows.rows ?? []).filter((it) => it.status === 'waiting');
  const chosen = waiting.filter((it) => marked.has(it.id)).map((it) => it.id);
  const markable = waiting.slice(0, MOST_AT_ONCE).map((it) => it.id);
  const allMarked = markable.length > 0 && markable.every((id) => marked.has(id));
  const mark = (id: string, on: boolean) =>
    setMarked((before) => {
      const after = new Set(before);
      if (on) after.add(id);
      else after.delete(id);
      return after;
    });

  const tryAgain = async (ids: string[] | 'all') => {
    const count = i18n.number(ids.length);
    const title =
      ids === 'all' ? t`Try all of them again?` : ids.length === 1 ? t`Try it again?` : t`Try ${count} again?`;
    const sure = await ask({
      title,
      text: (
        <Trans>
          Each is tried once more. A message that may already have been sent is not sent a second time. If the cause has
          not been fixed, they return to this list.
        </Trans>
      ),
      verb: ids === 'all' ? t`Try all again` : t`Try again`,
    });
    if (sure) redrive.mutate(ids);
  };

  const columns: Column<Row>[] = [
    {
      id: 'what',
      title: t`What`,
      cell: (row) => (
        <Group gap="sm" wrap="nowrap" align="flex-start">
          {row.status === 'waiting' && (
            <Checkbox
              mt={2}
              checked={marked.has(row.id)}
              onChange={(event) => mark(row.id, event.currentTarget.checked)}
              aria-label={t`Select: ${i18n._(letterKinds[row.kind])}`}
            />
          )}
          <Stack gap={2} style={{ minWidth: 0 }}>
            <Text fw={500}>
              {i18n._(letterKinds[row.kind])}
              {row.channel != null && ` · ${i18n._(channels[row.channel].title)}`}
            </Text>
            <Text size="sm" c="dimmed" lineClamp={6} dir="auto" title={row.reason.code}>
              {row.reason.text}
            </Text>
          </Stack>
        </Group>
      ),
    },
    {
      id: 'about',
      title: t`Campaign or file`,
      phone: 'below',
      cell: (row) =>
        row.campaign != null ? (
          <CampaignLink id={row.campaign} campaigns={campaigns} />
        ) : row.import != null ? (
          <TextLink to={`/imports/${row.import}`}>
            <Trans>Open the file</Trans>
          </TextLink>
        ) : null,
    },
    {
      id: 'status',
      title: t`Status`,
      tight: true,
      phone: 'below',
      cell: (row) => {
        const { title, tone, icon } = letterStatuses[row.status];
        return (
          <Status tone={tone} icon={icon}>
            {i18n._(title)}
          </Status>
        );
      },
    },
    {
      id: 'times',
      title: t`Attempts`,
      tight: true,
      align: 'right',
      phone: 'hidden',
      cell: (row) => <Count value={row.received} />,
    },
    {
      id: 'when',
      title: t`Given up`,
      tight: true,
      phone: 'below',
      cell: (row) => <When at={row.recorded_at} />,
    },
  ];
  return (
    <Stack gap="sm">
      {waiting.length > 0 && (
        <Group justify="space-between" gap="sm">
          <Checkbox
            label={
              waiting.length > MOST_AT_ONCE
                ? t`Select the first ${MOST_AT_ONCE} that are waiting`
                : t`Select all that are waiting`
            }
            checked={allMarked}
            indeterminate={!allMarked && chosen.length > 0}
            onChange={() => setMarked(new Set(allMarked ? [] : markable))}
          />
          <Group gap="xs">
            {chosen.length > 0 && (
              <Button
                size="xs"
                loading={redrive.isPending}
                onClick={() => void tryAgain(chosen.slice(0, MOST_AT_ONCE))}
              >
                <Plural value={chosen.length} one="Try # again" other="Try # again" />
              </Button>
            )}
            <Button size="xs" variant="default" loading={redrive.isPending} onClick={() => void tryAgain('all')}>
              <Trans>Try all again</Trans>
            </Button>
          </Group>
        </Group>
      )}
      <ProblemNote problem={redrive.error} />
      <DataTable
        caption={t`Messages given up`}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        actions={(row) =>
          row.status === 'waiting' ? (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => void tryAgain([row.id])}
              aria-label={t`Try again: ${i18n._(letterKinds[row.kind])}`}
            >
              <Trans>Try again</Trans>
            </Button>
          ) : (
            row.settled_at != null && (
              <Text size="sm" c="dimmed">
                <When at={row.settled_at} />
              </Text>
            )
          )
        }
        empty={
          <EmptyState icon="check" title={t`No messages were given up`}>
            <Trans>If something keeps failing, Carillon stops trying and lists it here, with the reason.</Trans>
          </EmptyState>
        }
      />
    </Stack>
  );
}
