import { Box, Group, Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';

import { Icon, type IconName } from './Icon';
import { type Tone, toneColor } from './Status';

type Props = {
  tone: Tone;
  icon?: IconName;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  live?: boolean;
};

/** Something about the whole page or section that the person has to know. */
export function Banner({ tone, icon, title, children, action, live = false }: Props) {
  return (
    <Paper withBorder p="sm" role={live ? 'alert' : undefined} style={{ borderLeft: `4px solid ${toneColor(tone)}` }}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Group gap="sm" align="flex-start" wrap="nowrap" style={{ flex: '1 1 240px', minWidth: 0 }}>
          <Icon name={icon ?? (tone === 'ok' ? 'check' : 'attention')} size={20} color={toneColor(tone)} />
          <Box style={{ minWidth: 0 }}>
            <Text fw={600} component="div">
              {title}
            </Text>
            {children !== undefined && (
              <Text component="div" size="sm">
                {children}
              </Text>
            )}
          </Box>
        </Group>
        {action}
      </Group>
    </Paper>
  );
}
