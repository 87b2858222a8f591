import { Box, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';

type Props = { title: string; about?: ReactNode; action?: ReactNode; children?: ReactNode };

/** A part of a page with its own heading. */
export function Section({ title, about, action, children }: Props) {
  const id = useId();
  return (
    <Paper withBorder p="md" component="section" aria-labelledby={id}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" gap="sm">
          <Box style={{ flex: '1 1 220px', minWidth: 0 }}>
            <Title order={2} id={id} className="clip">
              {title}
            </Title>
            {about !== undefined && (
              <Text component="div" c="dimmed" size="sm" mt={2}>
                {about}
              </Text>
            )}
          </Box>
          {action}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}
