import { Trans, useLingui } from '@lingui/react/macro';
import { useCallback } from 'react';

import { api, call } from '../../api';
import { channels as known } from '../../campaigns/words';
import { PreviewPane } from '../../content/editor/PreviewPane';
import { Group, Select, Stack, Text, Title, useParam } from '../../ui';
import { useComposed } from '../draft/useDraft';
import { languageName } from '../../content/editor/languages';
import { ReceiverSelect } from './ReceiverSelect';

type Props = { receiver: string; onReceiver: (id: string) => void };

/** In pixels; a longer email is cut, so that one sees what else is on the page. */
const MOST = 340;

/** The message on each channel, as one of the receivers gets it. */
export function PreviewPanel({ receiver, onReceiver }: Props) {
  const { t, i18n } = useLingui();
  const { campaign, fields } = useComposed();
  const written = fields.channels.filter((it) => fields.content[it] != null);
  const [shown, setShown] = useParam('channel');
  const [language, setLanguage] = useParam('language');
  const channel = written.find((it) => it === shown) ?? written[0];
  const tags = Object.keys(fields.content.languages ?? {});
  const { id } = campaign;
  const preview = useCallback(
    (asked: { channel: string; language?: string }, signal: AbortSignal) =>
      call(
        api.POST('/v1/campaigns/{campaign}/preview', {
          params: { path: { campaign: id } },
          body: { ...asked, ...(receiver === '' ? {} : { receiver }) },
          signal,
        }),
      ),
    [id, receiver],
  );
  return (
    <section aria-labelledby="preview">
      <Title order={2} fz="md" id="preview" mb="xs">
        <Trans>What receivers get</Trans>
      </Title>
      {channel === undefined ? (
        <Text c="dimmed">
          <Trans>No message is written yet.</Trans>
        </Text>
      ) : (
        <Stack gap="sm">
          <Group gap="sm" align="flex-end">
            {written.length > 1 && (
              <Select
                label={t`Channel`}
                w={140}
                data={written.map((it) => ({ value: it, label: i18n._(known[it].title) }))}
                value={channel}
                onChange={(it) => setShown(it ?? '')}
              />
            )}
            <ReceiverSelect value={receiver} onChange={onReceiver} />
            {tags.length > 0 && (
              <Select
                label={t`Language`}
                w={180}
                data={[
                  { value: '', label: receiver === '' ? t`Main language` : t`The person’s language` },
                  ...tags.map((it) => ({ value: it, label: languageName(it, i18n.locale) })),
                ]}
                value={language}
                onChange={(it) => setLanguage(it ?? '')}
              />
            )}
          </Group>
          <PreviewPane
            key={receiver}
            part={channel}
            language={language}
            version={campaign.version}
            preview={preview}
            written
            headed
            most={MOST}
          />
        </Stack>
      )}
    </section>
  );
}
