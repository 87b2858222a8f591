import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { list, rowsOf, type Schemas, useAction } from '../../api';
import {
  Button,
  Collapse,
  Drawer,
  Group,
  Loading,
  Paper,
  ProblemNote,
  Stack,
  Text,
  Title,
  When,
  notify,
} from '../../ui';
import type { Line } from './contentLines';

type Versions = ReturnType<typeof list<'/v1/templates/{template}/versions'>>;

type Props = {
  opened: boolean;
  onClose: () => void;
  current: number;
  /** The list of the versions. */
  query: Versions;
  /** What stood in a version. */
  look: (version: number) => Promise<Line[]>;
  restore: (version: number) => Promise<unknown>;
  /** What is read again after that. */
  refresh: string;
  onRestored: () => void;
};

/** The versions that are kept, the newest first, each with what it said. */
export function VersionsDrawer({ opened, onClose, current, query, look, restore, refresh, onRestored }: Props) {
  const { t } = useLingui();
  const versions = rowsOf(useInfiniteQuery({ ...query, enabled: opened }), (page) => page.versions);
  const restoring = useAction(restore, {
    refresh: [refresh],
    onDone: (_, version) => {
      notify(t`Version ${version} was restored.`);
      onRestored();
      onClose();
    },
  });
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      size="lg"
      title={t`Versions`}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          <Trans>Each save creates a version; the last 100 are kept. Restoring one creates a new version.</Trans>
        </Text>
        <ProblemNote problem={restoring.error} />
        {versions.rows === undefined ? (
          versions.problem === undefined ? (
            <Loading />
          ) : (
            <ProblemNote problem={versions.problem} retry={versions.retry} />
          )
        ) : (
          versions.rows.map((it) => (
            <VersionCard
              key={it.version}
              head={it}
              isCurrent={it.version === current}
              look={look}
              restoring={restoring.isPending && restoring.variables === it.version}
              onRestore={() => restoring.mutate(it.version)}
            />
          ))
        )}
        {versions.more && (
          <Button variant="subtle" onClick={versions.loadMore} loading={versions.loading}>
            <Trans>Show more</Trans>
          </Button>
        )}
      </Stack>
    </Drawer>
  );
}

type CardProps = Pick<Props, 'look'> & {
  head: Schemas['DocumentHead'];
  isCurrent: boolean;
  restoring: boolean;
  onRestore: () => void;
};

function VersionCard({ head, isCurrent, look, restoring, onRestore }: CardProps) {
  const { t } = useLingui();
  const [lines, setLines] = useState<Line[]>();
  const [open, setOpen] = useState(false);
  const toggle = () => {
    setOpen(!open);
    if (lines === undefined) void look(head.version).then(setLines, () => setOpen(false));
  };
  return (
    <Paper withBorder p="sm" role="group" aria-label={t`Version ${head.version}`}>
      <Group justify="space-between" gap="xs">
        <div style={{ minWidth: 0, flex: '1 1 180px' }}>
          <Title order={3} size="sm">
            <Trans>Version {head.version}</Trans>
          </Title>
          <Text size="xs" c="dimmed">
            <When at={head.updated_at} /> · {head.name}
          </Text>
        </div>
        <Group gap={6}>
          <Button size="xs" variant="default" aria-expanded={open} onClick={toggle}>
            {open ? <Trans>Hide</Trans> : <Trans>View</Trans>}
          </Button>
          {isCurrent ? (
            <Text size="xs" c="dimmed">
              <Trans>Current</Trans>
            </Text>
          ) : (
            <Button size="xs" variant="default" loading={restoring} onClick={onRestore}>
              <Trans>Restore</Trans>
            </Button>
          )}
        </Group>
      </Group>
      <Collapse expanded={open}>
        <Stack gap="xs" mt="sm">
          {lines === undefined ? (
            <Loading rows={2} />
          ) : (
            lines.map((it) => (
              <div key={it.title}>
                <Text size="xs" c="dimmed">
                  {it.title}
                </Text>
                <Text size="sm" dir="auto" style={{ whiteSpace: 'pre-wrap', maxHeight: 200, overflow: 'auto' }}>
                  {it.text}
                </Text>
              </div>
            ))
          )}
        </Stack>
      </Collapse>
    </Paper>
  );
}
