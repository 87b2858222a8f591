import { Trans, useLingui } from '@lingui/react/macro';

import { Button, Group, Status, Text } from '../../ui';

type Props = { open: boolean; onOpen: () => void; onKeep: () => void };

/** Whether credentials that are there stay. They are written only, so there is nothing to show of them. */
export function KeptCredentials({ open, onOpen, onKeep }: Props) {
  const { t } = useLingui();
  if (open) {
    return (
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed" style={{ flex: '1 1 220px' }}>
          <Trans>Enter all of them: they replace the stored ones.</Trans>
        </Text>
        <Button size="compact-sm" variant="default" onClick={onKeep}>
          <Trans>Keep the old ones</Trans>
        </Button>
      </Group>
    );
  }
  return (
    <Group justify="space-between" gap="xs">
      <Group gap="xs" style={{ flex: '1 1 220px' }}>
        <Status tone="ok">{t`Stored`}</Status>
        <Text size="sm" c="dimmed">
          <Trans>They are stored safely and never shown.</Trans>
        </Text>
      </Group>
      <Button size="compact-sm" variant="default" onClick={onOpen}>
        <Trans>Enter new ones</Trans>
      </Button>
    </Group>
  );
}
