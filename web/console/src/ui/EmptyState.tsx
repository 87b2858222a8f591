import { Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

import { Icon, type IconName } from './Icon';

type Props = { icon: IconName; title: string; children?: ReactNode; action?: ReactNode };

/** A page or table without anything in it yet: what it is for, and the one button that starts it. */
export function EmptyState({ icon, title, children, action }: Props) {
  return (
    <Paper withBorder p="xl">
      <Stack align="center" gap="xs" ta="center">
        <Icon name={icon} size={28} color="var(--mantine-color-dimmed)" />
        <Title order={2}>{title}</Title>
        {children !== undefined && (
          <Text c="dimmed" maw={460} component="div">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Paper>
  );
}
