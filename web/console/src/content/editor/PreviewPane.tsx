import { Trans, useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { asProblem, type Problem, type Schemas } from '../../api';
import { Code, EmptyState, Group, Loader, ProblemNote, Stack, Text, Title, Pending } from '../../ui';
import { useEditing } from './EditorContext';
import { EmailView } from './EmailView';
import { MessagePicture } from './MessagePicture';
import { AsWritten } from './AsWritten';
import { nameOf } from './tagWords';
import type { Content, Part } from './versions';

export type AskPreview = (
  asked: { channel: string; language?: string; receiver?: string; values?: object },
  signal: AbortSignal,
) => Promise<Schemas['Preview']>;

type Props = {
  part: Part;
  language: string;
  version: number;
  /** Without it, the text is shown as it is written. */
  preview: AskPreview | undefined;
  content?: Content;
  /** Whether there are changes that are saved by a button later. */
  unsaved?: boolean;
  /** Whether the version has this part, or another stands in for it. */
  written: boolean;
  /** Whether what is around it has a heading for it. */
  headed?: boolean;
  /** How high an email may be before it is cut, in pixels. */
  most?: number;
  /** Whether the length of a text message is shown with its field. */
  measured?: boolean;
};

/** The message as the server makes it from what is saved. */
export function PreviewPane({
  part,
  language,
  version,
  preview,
  content = {},
  unsaved = false,
  written,
  headed = false,
  most,
  measured = false,
}: Props) {
  const { t } = useLingui();
  // Versions of different documents have the same numbers.
  const [document] = useState(() => crypto.randomUUID());
  const query = useQuery<Schemas['Preview'], Problem>({
    queryKey: ['preview', document, part, language, version],
    queryFn: async ({ signal }) => {
      try {
        if (preview === undefined) throw new Error('There is nothing to ask.');
        return await preview({ channel: part, ...(language === '' ? {} : { language }) }, signal);
      } catch (error) {
        throw asProblem(error);
      }
    },
    enabled: written && preview !== undefined,
    staleTime: Infinity,
    gcTime: 60_000,
    placeholderData: (last, of) =>
      of?.queryKey[2] === part && of.queryKey[3] === language ? keepPreviousData(last) : undefined,
  });
  return (
    <Stack gap="xs">
      {!headed && (
        <Group justify="space-between">
          <Title order={2}>
            <Trans>Preview</Trans>
          </Title>
          {query.isFetching && query.data !== undefined && <Loader size="xs" aria-label={t`Loading`} />}
        </Group>
      )}
      {unsaved && preview !== undefined && (
        <Text size="xs" c="dimmed" role="status">
          <Trans>This is the saved version. Save to see your changes.</Trans>
        </Text>
      )}
      {!written || query.error?.members.code === 'no_content' ? (
        <EmptyState icon="eye" title={t`Nothing to preview yet`}>
          {preview === undefined ? (
            <Trans>The preview appears here once the message is written.</Trans>
          ) : (
            <Trans>The preview appears here once the message is written and saved.</Trans>
          )}
        </EmptyState>
      ) : preview === undefined ? (
        <AsWritten content={content} part={part} language={language} />
      ) : query.data === undefined ? (
        <Pending query={query} rows={6} />
      ) : (
        <>
          {query.error !== null && <ProblemNote problem={query.error} retry={() => void query.refetch()} />}
          {part === 'email' ? (
            <EmailView of={query.data} most={most} />
          ) : (
            <MessagePicture part={part} of={measured ? { ...query.data, segments: undefined } : query.data} />
          )}
          <Notes of={query.data} />
        </>
      )}
    </Stack>
  );
}

/** What the preview made up, and what it did not know. */
function Notes({ of }: { of: Schemas['Preview'] }) {
  const { i18n } = useLingui();
  const { known } = useEditing();
  const samples = of.samples.map((it) => nameOf(it, known, i18n));
  return (
    <Stack gap={4}>
      {of.unknown_placeholders.map((it) => (
        <Text key={it.path} size="xs" style={{ color: 'var(--warn)' }}>
          {it.nearest == null ? (
            <Trans>
              <Code>{it.path}</Code> is not one of the placeholders. Receivers without this value get no message.
            </Trans>
          ) : (
            <Trans>
              <Code>{it.path}</Code> is not one of the placeholders. Did you mean <Code>{it.nearest}</Code>?
            </Trans>
          )}
        </Text>
      ))}
      {of.samples.length > 0 && (
        <Text size="xs" c="dimmed">
          <Trans>
            Shown with samples for: {samples.join(', ')}. Each person gets their own; a person without one gets no
            message.
          </Trans>
        </Text>
      )}
    </Stack>
  );
}
