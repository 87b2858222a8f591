import { Trans, useLingui } from '@lingui/react/macro';

import { Button, Group, Modal, Paper, SimpleGrid, Stack, Text, Title, When } from '../../ui';
import { differing, type Line } from './contentLines';

type Props = {
  /** When the other version was saved. */
  at: string;
  mine: Line[];
  theirs: Line[];
  onResolve: (choice: 'mine' | 'theirs') => void;
};

/** Somebody else saved the same document first: shows where the two differ, and lets the person choose. */
export function ConflictDialog({ at, mine, theirs, onResolve }: Props) {
  const { t } = useLingui();
  const rows = differing(mine, theirs);
  return (
    <Modal
      opened
      size="xl"
      onClose={() => {}}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title={t`Somebody else changed this in the meantime`}
    >
      <Stack>
        <Text>
          <Trans>
            Another version was saved <When at={at} />. Choose which one to keep. You can restore the other one from the
            versions later.
          </Trans>
        </Text>
        {rows.map((it) => (
          <div key={it.title}>
            <Title order={3} mb={4}>
              {it.title}
            </Title>
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs">
              <Side title={t`Your version`} text={it.mine} />
              <Side title={t`The other version`} text={it.theirs} />
            </SimpleGrid>
          </div>
        ))}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => onResolve('theirs')}>
            <Trans>Use the other version</Trans>
          </Button>
          <Button onClick={() => onResolve('mine')}>
            <Trans>Overwrite with mine</Trans>
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Side({ title, text }: { title: string; text: string }) {
  return (
    <Paper withBorder p="xs" mah={200} style={{ overflow: 'auto' }} tabIndex={0} role="region" aria-label={title}>
      <Text size="xs" c="dimmed">
        {title}
      </Text>
      <Text size="sm" dir="auto" style={{ whiteSpace: 'pre-wrap' }}>
        {text === '' ? <Trans>Nothing</Trans> : text}
      </Text>
    </Paper>
  );
}
