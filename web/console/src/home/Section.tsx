import type { ReactNode } from 'react';

import { Group, Stack, TextLink, Title } from '../ui';

type Props = {
  title: string;
  /** Where there is more of it. */
  all?: { to: string; title: string };
  children: ReactNode;
};

/** A part of the home page. */
export function Section({ title, all, children }: Props) {
  return (
    <Stack component="section" gap="xs" aria-label={title} style={{ minWidth: 0 }}>
      <Group justify="space-between" gap="xs">
        <Title order={2}>{title}</Title>
        {all !== undefined && (
          <TextLink to={all.to} size="sm">
            {all.title}
          </TextLink>
        )}
      </Group>
      {children}
    </Stack>
  );
}
