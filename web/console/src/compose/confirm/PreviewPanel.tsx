import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { queryOptions } from '@tanstack/react-query';

import { api, call, get, type Problem, type Schemas } from '../../api';
import { channels as known } from '../../campaigns/words';
import { personName } from '../../receivers/personName';
import { Box, EmailFrame, Group, Loading, Paper, ProblemNote, Select, Stack, Text, Title, useParam } from '../../ui';
import { useComposed } from '../draft/useDraft';
import { languageName } from '../languageName';

type Asked = Schemas['Asked'];

function previewQuery(campaign: string, version: number, body: Asked) {
  return queryOptions<Schemas['Preview'], Problem>({
    queryKey: ['/v1/campaigns/{campaign}/preview', campaign, version, body],
    queryFn: ({ signal }) =>
      call(api.POST('/v1/campaigns/{campaign}/preview', { params: { path: { campaign } }, body, signal })),
    staleTime: Infinity,
  });
}

type Props = { receiver: string; onReceiver: (id: string) => void };

/** The message on each channel, as one of the receivers gets it. */
export function PreviewPanel({ receiver, onReceiver }: Props) {
  const { t, i18n } = useLingui();
  const { campaign, fields } = useComposed();
  const written = fields.channels.filter((it) => fields.content[it] != null);
  const [shown, setShown] = useParam('channel');
  const [language, setLanguage] = useParam('language');
  const channel = written.find((it) => it === shown) ?? written[0];
  const receivers = useQuery({
    ...get('/v1/campaigns/{campaign}/receivers', {
      params: { path: { campaign: campaign.id }, query: { limit: 100 } },
    }),
    enabled: campaign.totals.receivers > 0,
  });
  const tags = Object.keys(fields.content.languages ?? {});
  const asked: Asked = {
    channel: channel ?? 'email',
    ...(receiver === '' ? {} : { receiver }),
    ...(language === '' ? {} : { language }),
  };
  const preview = useQuery({ ...previewQuery(campaign.id, campaign.version, asked), enabled: channel !== undefined });
  return (
    <section aria-labelledby="preview">
      <Title order={3} id="preview" mb="xs">
        <Trans>What they get</Trans>
      </Title>
      {channel === undefined ? (
        <Text c="dimmed">
          <Trans>No message is written yet.</Trans>
        </Text>
      ) : (
        <Stack gap="sm">
          <Group gap="sm" align="flex-end">
            <Select
              label={t`Channel`}
              w={140}
              data={written.map((it) => ({ value: it, label: i18n._(known[it].title) }))}
              value={channel}
              onChange={(it) => setShown(it ?? '')}
            />
            <Select
              label={t`As it reaches`}
              w={240}
              searchable
              data={[
                { value: '', label: t`Somebody, with samples` },
                ...(receivers.data?.receivers ?? []).map((it) => ({ value: it.id, label: personName(it) })),
              ]}
              value={receiver}
              onChange={(it) => onReceiver(it ?? '')}
            />
            {tags.length > 0 && (
              <Select
                label={t`Language`}
                w={180}
                data={[
                  { value: '', label: receiver === '' ? t`Main language` : t`That of the person` },
                  ...tags.map((it) => ({ value: it, label: languageName(i18n.locale, it) })),
                ]}
                value={language}
                onChange={(it) => setLanguage(it ?? '')}
              />
            )}
          </Group>
          {preview.isPending && <Loading rows={3} />}
          <ProblemNote problem={preview.error} retry={() => void preview.refetch()} />
          {preview.data !== undefined && <Rendered preview={preview.data} channel={channel} />}
        </Stack>
      )}
    </section>
  );
}

function Rendered({ preview, channel }: { preview: Schemas['Preview']; channel: Schemas['Channel'] }) {
  const { t } = useLingui();
  const samples = preview.samples.join(', ');
  return (
    <Stack gap="xs">
      {samples !== '' && (
        <Text size="xs" style={{ color: 'var(--warn)' }}>
          <Trans>Samples stand in for: {samples}. Receivers without a value do not get the message.</Trans>
        </Text>
      )}
      {channel === 'email' ? (
        <>
          <Text>
            <Text component="span" c="dimmed">
              <Trans>Subject</Trans>:
            </Text>{' '}
            <Text component="span" fw={600}>
              {preview.subject}
            </Text>
          </Text>
          <EmailFrame html={preview.html ?? ''} title={t`Preview of the email`} height={420} />
        </>
      ) : (
        <Paper withBorder p="sm" maw={360} radius="lg">
          {preview.title != null && <Text fw={600}>{preview.title}</Text>}
          <Text style={{ whiteSpace: 'pre-wrap' }}>{preview.text ?? templateText(preview.template)}</Text>
          {preview.url != null && (
            <Text size="xs" c="dimmed">
              {preview.url}
            </Text>
          )}
        </Paper>
      )}
      {preview.segments != null && (
        <Box>
          <Text size="xs" c="dimmed">
            <Trans>Parts: {preview.segments.count}</Trans>
          </Text>
        </Box>
      )}
    </Stack>
  );
}

function templateText(template: Schemas['Preview']['template']): string {
  return template == null ? '' : [template.name, ...(template.body ?? [])].join('\n');
}
