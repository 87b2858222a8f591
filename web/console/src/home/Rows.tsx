import type { ReactNode } from 'react';

import { Box, Group, Paper, TextLink } from '../ui';

/** A short list in a frame. */
export function Rows({ children }: { children: ReactNode }) {
  return (
    <Paper withBorder px="sm" py={4} component="ul" m={0} style={{ listStyle: 'none' }}>
      {children}
    </Paper>
  );
}

type Props = { to: string; name: string; mark?: ReactNode; below?: ReactNode; children: ReactNode };

/** A campaign in a short list, with one thing about it. */
export function CampaignRow({ to, name, mark, below, children }: Props) {
  return (
    <li>
      <Group justify="space-between" wrap="nowrap" gap="sm" py={8}>
        <Box style={{ minWidth: 0 }}>
          <TextLink to={to} fw={500} className="clip">
            {name}
          </TextLink>
          {mark}
        </Box>
        <Box c="dimmed" fz="sm" ta="right" style={{ flex: 'none', maxWidth: '50%' }}>
          {children}
        </Box>
      </Group>
      {below !== undefined && <Box pb={8}>{below}</Box>}
    </li>
  );
}
