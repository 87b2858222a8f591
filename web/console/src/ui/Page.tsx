import { Box, Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'react-router';

import { Icon } from './Icon';
import { TextLink } from './links';

type Props = {
  title: string;
  /** Where the arrow above the title leads. */
  back?: { to: string; title: string };
  /** A line below the title. */
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** Writing is easier in a narrow column. */
  narrow?: boolean;
};

/** A page: its title is the document's title, and has the focus when the page was reached by a link. */
export function Page({ title, back, about, actions, children, narrow = false }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    document.title = `${title} – Carillon`;
  }, [title]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <Stack gap="md" maw={narrow ? 760 : 1440} mx="auto" w="100%">
      <Box>
        {back !== undefined && (
          <TextLink to={back.to} size="sm" c="dimmed">
            <Group gap={2} component="span" style={{ display: 'inline-flex' }}>
              <Icon name="back" size={14} />
              {back.title}
            </Group>
          </TextLink>
        )}
        <Group justify="space-between" align="flex-start" gap="sm">
          <Box style={{ flex: '1 1 240px', minWidth: 0 }}>
            <Title order={1} ref={heading} tabIndex={-1} className="clip">
              {title}
            </Title>
            {about !== undefined && (
              <Text component="div" c="dimmed" size="sm" mt={2}>
                {about}
              </Text>
            )}
          </Box>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
      </Box>
      {children}
    </Stack>
  );
}
