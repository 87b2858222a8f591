import { Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import { Icon } from './Icon';

/** Why a press of a button could not do its work, said beside the button. */
export function Objection({ children }: { children: ReactNode }) {
  return (
    <Group gap={6} role="alert" wrap="nowrap" align="flex-start" style={{ color: 'var(--warn)' }}>
      <Icon name="attention" size={18} />
      <Text size="sm" component="div">
        {children}
      </Text>
    </Group>
  );
}
