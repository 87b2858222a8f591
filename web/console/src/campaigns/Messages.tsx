import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { api, call, type Schemas } from '../api';
import { Group, Select, SegmentedControl, Stack, Text, useParam, Pending } from '../ui';
import { MessageView } from './MessageView';
import { channels } from './words';

type Campaign = Schemas['Campaign'];

/** What was sent, on each channel and in each language. */
export function Messages({ campaign }: { campaign: Campaign }) {
  const { t, i18n } = useLingui();
  const [asked, setChannel] = useParam('channel');
  const [language, setLanguage] = useParam('language');
  const channel = campaign.channels.find((it) => it === asked) ?? campaign.channels[0];
  if (channel === undefined) return null;
  const languages = Object.entries(campaign.content.languages ?? {})
    .filter(([, content]) => content[channel] != null)
    .map(([tag]) => tag);
  const names = new Intl.DisplayNames([i18n.locale], { type: 'language' });
  const chosen = languages.includes(language) ? language : '';
  return (
    <Stack gap="md">
      <Group gap="sm">
        {campaign.channels.length > 1 && (
          <SegmentedControl
            aria-label={t`Channel`}
            value={channel}
            onChange={setChannel}
            data={campaign.channels.map((it) => ({ value: it, label: i18n._(channels[it].title) }))}
          />
        )}
        {languages.length > 0 && (
          <Select
            aria-label={t`Language`}
            value={chosen}
            onChange={(it) => setLanguage(it ?? '')}
            data={[
              { value: '', label: t`Main version` },
              ...languages.map((tag) => ({ value: tag, label: names.of(tag) ?? tag })),
            ]}
            w={200}
          />
        )}
      </Group>
      <Version campaign={campaign} channel={channel} language={chosen} />
    </Stack>
  );
}

function Version({
  campaign,
  channel,
  language,
}: {
  campaign: Campaign;
  channel: Schemas['Channel'];
  language: string;
}) {
  const query = useQuery({
    queryKey: ['/v1/campaigns/{campaign}/preview', campaign.id, campaign.version, channel, language],
    // What was published does not change any more.
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      call(
        api.POST('/v1/campaigns/{campaign}/preview', {
          params: { path: { campaign: campaign.id } },
          body: { channel, language: language === '' ? undefined : language },
          signal,
        }),
      ),
  });
  if (query.data === undefined) {
    return <Pending query={query} rows={6} />;
  }
  return (
    <Stack gap="xs">
      {query.data.samples.length > 0 && (
        <Text c="dimmed">
          <Trans>
            Personal values are filled with samples. To see what somebody received, open that person in the People tab.
          </Trans>
        </Text>
      )}
      <MessageView channel={channel} message={query.data} />
    </Stack>
  );
}
