import { Trans } from '@lingui/react/macro';
import { Button, Group, Stack, Text } from '@mantine/core';
import { type SyntheticEvent, useState } from 'react';

type Props = {
  /** The HTML of an email, as the server rendered it. */
  html: string;
  title: string;
  /** In pixels: 600 is a desktop's message pane, 375 a phone. */
  width?: number | string;
  height?: number | string;
  /** As high as the email is, and at most `height`; then the whole can be asked for. */
  fit?: boolean;
  dark?: boolean;
};

/** What a frame is high before its content is known, so that little moves afterwards. */
const AT_FIRST = 80;
const BORDERS = 2;

/**
 * An email, in a frame that runs no scripts and loads nothing from the network until the person asks for pictures. A frame that
 * fits its content shares the console's origin, without which its height could not be read; there is still no script in it that
 * could use that.
 */
export function EmailFrame({ html, title, width = '100%', height = 480, fit = false, dark = false }: Props) {
  const [pictures, setPictures] = useState(false);
  const [needed, setNeeded] = useState<number>();
  const [whole, setWhole] = useState(false);
  const remote = /(?:src|background|srcset)\s*=\s*["']?https?:|url\(\s*["']?https?:/i.test(html);
  const images = pictures ? 'data: https: http:' : 'data:';
  const policy = `default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; font-src data:`;
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="color-scheme" content="${dark ? 'dark' : 'light'}">`;
  const most = typeof height === 'number' ? height : Infinity;
  const isCut = fit && needed !== undefined && needed > most;
  const measure = ({ currentTarget: frame }: SyntheticEvent<HTMLIFrameElement>) => {
    const page = frame.contentDocument?.documentElement;
    if (!fit || page === undefined) return;
    // A page is never less high than its frame.
    const before = frame.style.height;
    frame.style.height = '0';
    setNeeded(page.scrollHeight + BORDERS);
    frame.style.height = before;
  };
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
        sandbox={fit ? 'allow-same-origin' : ''}
        srcDoc={withHead(html, head)}
        onLoad={measure}
        style={{
          width,
          height: !fit ? height : needed === undefined ? AT_FIRST : isCut && !whole ? most : needed,
          maxWidth: '100%',
          border: '1px solid var(--line)',
          borderRadius: 8,
          background: dark ? '#1e1e1e' : '#fff',
          colorScheme: dark ? 'dark' : 'light',
        }}
      />
      {isCut && (
        <Group justify="center">
          <Button size="compact-xs" variant="default" aria-expanded={whole} onClick={() => setWhole(!whole)}>
            {whole ? <Trans>Show less</Trans> : <Trans>Show the whole email</Trans>}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/**
 * Puts elements before everything else of a document, so that nothing loads before them. Where its own head begins is not looked for: a
 * comment could pretend to be one. A head that begins later adds to the one that is open.
 */
function withHead(html: string, head: string): string {
  return `<!doctype html>${head}${html.replace(/^\s*<!doctype[^>]*>/i, '')}`;
}
