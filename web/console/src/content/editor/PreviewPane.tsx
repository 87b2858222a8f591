import { Trans, useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';

import { asProblem, type Problem, type Schemas } from '../../api';
import {
  Box,
  Code,
  EmailFrame,
  EmptyState,
  Group,
  Loader,
  Loading,
  Paper,
  ProblemNote,
  SegmentedControl,
  Stack,
  Text,
  Title,
  useParam,
} from '../../ui';
import { MessagePicture } from './MessagePicture';
import type { Part } from './versions';

export type AskPreview = (
  asked: { channel: string; language?: string; receiver?: string; values?: object },
  signal: AbortSignal,
) => Promise<Schemas['Preview']>;

type Props = {
  part: Part;
  language: string;
  version: number;
  preview: AskPreview;
  /** Whether the version has this part, or another stands in for it. */
  written: boolean;
};

/** The message as the server makes it from what is saved. */
export function PreviewPane({ part, language, version, preview, written }: Props) {
  const { t } = useLingui();
  // Versions of different documents have the same numbers.
  const [document] = useState(() => crypto.randomUUID());
  const query = useQuery<Schemas['Preview'], Problem>({
    queryKey: ['preview', document, part, language, version],
    queryFn: async ({ signal }) => {
      try {
        return await preview({ channel: part, ...(language === '' ? {} : { language }) }, signal);
      } catch (error) {
        throw asProblem(error);
      }
    },
    enabled: written,
    staleTime: Infinity,
    gcTime: 60_000,
    placeholderData: (last, of) =>
      of?.queryKey[2] === part && of.queryKey[3] === language ? keepPreviousData(last) : undefined,
  });
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Title order={2}>
          <Trans>Preview</Trans>
        </Title>
        {query.isFetching && query.data !== undefined && <Loader size="xs" aria-label={t`Loading`} />}
      </Group>
      {!written || query.error?.members.code === 'no_content' ? (
        <EmptyState icon="eye" title={t`Nothing to see yet`}>
          <Trans>The preview appears as soon as there is a text and it is saved.</Trans>
        </EmptyState>
      ) : query.data === undefined ? (
        query.error === null ? (
          <Loading rows={6} />
        ) : (
          <ProblemNote problem={query.error} retry={() => void query.refetch()} />
        )
      ) : (
        <>
          {query.error !== null && <ProblemNote problem={query.error} retry={() => void query.refetch()} />}
          {part === 'email' ? <EmailPreview of={query.data} /> : <MessagePicture part={part} of={query.data} />}
          <Notes of={query.data} />
        </>
      )}
    </Stack>
  );
}

function EmailPreview({ of }: { of: Schemas['Preview'] }) {
  const { t } = useLingui();
  const [asked, setKind] = useParam('view');
  const kind = ['phone', 'dark', 'text'].includes(asked) ? asked : 'desktop';
  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        aria-label={t`Preview as`}
        value={kind}
        onChange={(it) => setKind(it === 'desktop' ? undefined : it)}
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
          mah={620}
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
        <AtWidth width={kind === 'phone' ? 375 : 680} height={620}>
          {(height) => (
            <EmailFrame
              key={kind}
              title={t`Preview of the email`}
              html={of.html ?? ''}
              dark={kind === 'dark'}
              height={height}
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
  const scale = Math.min(1, room / width);
  return (
    <div ref={place} style={{ overflow: 'hidden' }}>
      <div style={{ zoom: scale, width, margin: '0 auto' }}>{children(Math.round(height / scale))}</div>
    </div>
  );
}

/** What the preview made up, and what it did not know. */
function Notes({ of }: { of: Schemas['Preview'] }) {
  return (
    <Stack gap={4}>
      {of.unknown_placeholders.map((it) => (
        <Text key={it.path} size="xs" style={{ color: 'var(--warn)' }}>
          {it.nearest == null ? (
            <Trans>
              Nobody has declared <Code>{it.path}</Code>. Receivers without such a value get no message.
            </Trans>
          ) : (
            <Trans>
              Nobody has declared <Code>{it.path}</Code>. Did you mean <Code>{it.nearest}</Code>?
            </Trans>
          )}
        </Text>
      ))}
      {of.samples.length > 0 && (
        <Text size="xs" c="dimmed">
          <Trans>Filled with samples: {of.samples.join(', ')}. Receivers get their own values, or no message.</Trans>
        </Text>
      )}
    </Stack>
  );
}
