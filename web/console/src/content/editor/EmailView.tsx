import { Trans, useLingui } from '@lingui/react/macro';
import { type ReactNode, useEffect, useRef, useState } from 'react';

import type { Schemas } from '../../api';
import { Box, EmailFrame, Paper, SegmentedControl, Stack, Text, useMediaQuery, useParam } from '../../ui';

const kinds = ['desktop', 'phone', 'dark', 'text'];

type Props = {
  of: Schemas['Preview'];
  /** In pixels; a higher email is cut, until the whole is asked for. */
  most?: number;
};

/** An email as the server made it: on a desktop, on a phone, in the dark, and its plain text. It is as high as its content. */
export function EmailView({ of, most = 620 }: Props) {
  const { t } = useLingui();
  const [asked, setKind] = useParam('view');
  const onPhone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const usual = onPhone ? 'phone' : 'desktop';
  const kind = kinds.includes(asked) ? asked : usual;
  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        aria-label={t`Preview as`}
        value={kind}
        onChange={(it) => setKind(it === usual ? undefined : it)}
        data={[
          { value: 'desktop', label: t`Desktop` },
          { value: 'phone', label: t`Phone` },
          { value: 'dark', label: t`Dark` },
          { value: 'text', label: t`Text` },
        ]}
      />
      <Paper withBorder px="sm" py={8}>
        <Text fw={600} dir="auto">
          {of.subject}
        </Text>
        {of.reply_to != null && (
          <Text size="xs" c="dimmed">
            <Trans>Replies go to {of.reply_to}</Trans>
          </Text>
        )}
      </Paper>
      {kind === 'text' ? (
        <Paper
          withBorder
          p="sm"
          mah={most}
          style={{ overflow: 'auto' }}
          tabIndex={0}
          role="region"
          aria-label={t`Plain text`}
        >
          <Box
            component="pre"
            m={0}
            dir="auto"
            style={{ whiteSpace: 'pre-wrap', fontFamily: 'inherit', fontSize: '0.875rem' }}
          >
            {of.text}
          </Box>
        </Paper>
      ) : (
        <AtWidth width={kind === 'phone' ? 375 : 680} height={most}>
          {(height) => (
            <EmailFrame
              key={kind}
              title={t`Preview of the email`}
              html={of.html ?? ''}
              dark={kind === 'dark'}
              height={height}
              fit
            />
          )}
        </AtWidth>
      )}
    </Stack>
  );
}

/** Something as wide as on its device, made smaller where there is less room, so that an email does not turn into its phone form. */
function AtWidth({
  width,
  height,
  children,
}: {
  width: number;
  height: number;
  children: (height: number) => ReactNode;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(width);
  useEffect(() => {
    if (place.current === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setRoom(entry?.contentRect.width ?? width));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [width]);
  // A place that is hidden has no width.
  const scale = room === 0 ? 1 : Math.min(1, room / width);
  return (
    <div ref={place} style={{ overflow: 'hidden' }}>
      <div style={{ zoom: scale, width, margin: '0 auto' }}>{children(Math.round(height / scale))}</div>
    </div>
  );
}
