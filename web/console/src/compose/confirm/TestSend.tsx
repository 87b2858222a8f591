import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import { api, call, type Schemas, useAction } from '../../api';
import { ChannelMark, StateMark } from '../../campaigns/Marks';
import { channels as known } from '../../campaigns/words';
import { Button, Group, Icon, Objection, Paper, ProblemNote, Stack, Text, TextInput, Title } from '../../ui';
import { useComposed } from '../draft/useDraft';
import { asSentence } from './findings';

type Channel = Schemas['Channel'];

const STORED = 'carillon.test-addresses';

/** The addresses of the last test, so that they are typed once. */
function lastAddresses(): Partial<Record<Channel, string>> {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? '{}') as Partial<Record<Channel, string>>;
  } catch {
    return {};
  }
}

/** Sends the message to the person's own addresses, and says what became of each. */
export function TestSend({ receiver }: { receiver: string }) {
  const { t, i18n } = useLingui();
  const { campaign, fields } = useComposed();
  const [addresses, setAddresses] = useState(lastAddresses);
  const [asked, setAsked] = useState(false);
  const written = fields.channels.filter((it) => fields.content[it] != null);
  const to = written.flatMap((channel) => {
    const address = addresses[channel]?.trim() ?? '';
    return address === '' ? [] : [{ channel, address }];
  });
  const test = useAction(
    () =>
      call(
        api.POST('/v1/campaigns/{campaign}/test', {
          params: { path: { campaign: campaign.id } },
          body: { to, ...(receiver === '' ? {} : { receiver }) },
        }),
      ),
    { refresh: [] },
  );
  const send = () => {
    setAsked(to.length === 0);
    if (to.length === 0) {
      document.getElementById(`test-${written[0]}`)?.focus();
      return;
    }
    localStorage.setItem(STORED, JSON.stringify(addresses));
    test.mutate();
  };
  const placeOf = (channel: Channel) => to.findIndex((it) => it.channel === channel);
  const samples = test.data?.samples.join(', ') ?? '';
  return (
    <section aria-labelledby="test">
      <Group gap="xs" align="baseline" mb={4} style={{ rowGap: 0 }}>
        <Title order={2} fz="md" id="test">
          <Trans>Try it yourself</Trans>
        </Title>
        <Text size="sm" c="dimmed">
          <Trans>Only to your own addresses, marked as a test.</Trans>
        </Text>
      </Group>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Group gap="sm" align="flex-end">
          {written.map((channel) => {
            const place = placeOf(channel);
            return (
              <TextInput
                key={channel}
                id={`test-${channel}`}
                label={t`Your address for ${i18n._(known[channel].title)}`}
                placeholder={channel === 'email' ? 'you@example.org' : channel === 'push' ? 'fcm:…' : '+44 …'}
                type={channel === 'email' ? 'email' : channel === 'push' ? 'text' : 'tel'}
                value={addresses[channel] ?? ''}
                onChange={(event) => {
                  setAddresses({ ...addresses, [channel]: event.currentTarget.value });
                  setAsked(false);
                }}
                error={place < 0 ? undefined : test.error?.of(`to[${place}]`)}
                style={{ flex: '1 1 180px' }}
              />
            );
          })}
          <Button type="submit" variant="default" loading={test.isPending} leftSection={<Icon name="send" size={16} />}>
            {t`Send a test`}
          </Button>
        </Group>
      </form>
      <Stack gap="xs" mt="xs" aria-live="polite">
        {asked && (
          <Objection>
            <Trans>Enter an address of your own first.</Trans>
          </Objection>
        )}
        <ProblemNote problem={test.error} shown={to.map((_, place) => `to[${place}]`)} />
        {test.data?.deliveries.map((it) => (
          <Paper withBorder p="xs" key={`${it.channel} ${it.receiver.id}`}>
            <Group gap="md" style={{ rowGap: 4 }}>
              <ChannelMark channel={it.channel} />
              <StateMark state={it.state} />
              <Text size="sm">{it.address}</Text>
            </Group>
            {it.reason != null && (
              <Text size="sm" c="dimmed">
                {asSentence(it.reason.text)}
              </Text>
            )}
          </Paper>
        ))}
        {samples !== '' && (
          <Text size="xs" c="dimmed">
            <Trans>Filled with samples: {samples}.</Trans>
          </Text>
        )}
      </Stack>
    </section>
  );
}
