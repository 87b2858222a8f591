import { Trans } from '@lingui/react/macro';
import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';

type Props = {
  /** The HTML of an email, as the server rendered it. */
  html: string;
  title: string;
  /** In pixels: 600 is a desktop's message pane, 375 a phone. */
  width?: number | string;
  height?: number | string;
  dark?: boolean;
};

/**
 * An email, in a frame that runs no scripts, has an origin of its own and loads nothing from the network until the person asks
 * for pictures.
 */
export function EmailFrame({ html, title, width = '100%', height = 480, dark = false }: Props) {
  const [pictures, setPictures] = useState(false);
  const remote = /(?:src|background|srcset)\s*=\s*["']?https?:|url\(\s*["']?https?:/i.test(html);
  const images = pictures ? 'data: https: http:' : 'data:';
  const policy = `default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; font-src data:`;
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="color-scheme" content="${dark ? 'dark' : 'light'}">`;
  return (
    <Stack gap={4}>
      {remote && !pictures && (
        <Group justify="space-between" gap="xs">
          <Text size="xs" c="dimmed">
            <Trans>Images from the internet are not loaded.</Trans>
          </Text>
          <Button size="compact-xs" variant="default" onClick={() => setPictures(true)}>
            <Trans>Show images</Trans>
          </Button>
        </Group>
      )}
      <iframe
        title={title}
        sandbox=""
        srcDoc={withHead(html, head)}
        style={{
          width,
          height,
          maxWidth: '100%',
          border: '1px solid var(--line)',
          borderRadius: 8,
          background: dark ? '#1e1e1e' : '#fff',
          colorScheme: dark ? 'dark' : 'light',
        }}
      />
    </Stack>
  );
}

/** Puts elements first in the document's head, before anything in it can load. */
function withHead(html: string, head: string): string {
  const at = /<head[^>]*>/i.exec(html);
  if (at === null) return head + html;
  const end = at.index + at[0].length;
  return html.slice(0, end) + head + html.slice(end);
}
