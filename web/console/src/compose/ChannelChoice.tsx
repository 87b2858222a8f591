import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get, type Schemas } from '../api';
import { channels, everyChannel } from '../campaigns/words';
import { senderOf } from '../transports/sender';
import { Checkbox, Group, Icon, Stack, Text, TextLink } from '../ui';

type Channel = Schemas['Channel'];

type Transport = Schemas['Transport'];

/** The transports that messages can be sent through; unknown while that is being read. */
function useTransports(): Transport[] | undefined {
  const { data } = useQuery({ ...get('/v1/transports'), staleTime: 60_000 });
  return data?.transports.filter((it) => it.enabled);
}

/** The channels that have a transport; unknown while that is being read. */
export function useSendable(): Set<Channel> | undefined {
  const transports = useTransports();
  return transports === undefined ? undefined : new Set(transports.map((it) => it.channel));
}

type Props = { value: Channel[]; onChange: (value: Channel[]) => void; error?: string };

/** On which channels a campaign is sent. A channel without a transport can be composed for, and says so. */
export function ChannelChoice({ value, onChange, error }: Props) {
  const { t, i18n } = useLingui();
  const transports = useTransports();
  const all = everyChannel;
  return (
    <Checkbox.Group
      id="campaign-channels"
      label={t`Channels`}
      description={t`Each person gets the message on every channel for which they have an address.`}
      value={value}
      onChange={(chosen) => onChange(all.filter((it) => chosen.includes(it)))}
      error={error}
    >
      <Stack gap={8} mt={8}>
        {all.map((channel) => {
          const own = transports?.filter((it) => it.channel === channel);
          const bare = own?.length === 0;
          const senders = sendersOf(own ?? []);
          return (
            <Group key={channel} gap="xs" align="flex-start" wrap="nowrap">
              <Checkbox
                value={channel}
                label={
                  <Group gap={6} wrap="nowrap" component="span" style={{ whiteSpace: 'nowrap' }}>
                    <Icon name={channels[channel].icon} size={16} />
                    {i18n._(channels[channel].title)}
                  </Group>
                }
                aria-describedby={
                  bare ? `no-transport-${channel}` : senders.length > 0 ? `sender-${channel}` : undefined
                }
              />
              {senders.length > 0 && (
                <Text id={`sender-${channel}`} size="xs" c="dimmed" pt={2} style={{ minWidth: 0 }}>
                  <Trans>from {new Intl.ListFormat(i18n.locale, { type: 'disjunction' }).format(senders)}</Trans>
                </Text>
              )}
              {bare && (
                <Text id={`no-transport-${channel}`} size="xs" component="div" pt={2} style={{ color: 'var(--warn)' }}>
                  {value.includes(channel) ? (
                    <Trans>
                      No transport is set up. You can write the message, but sending needs{' '}
                      <TextLink to="/transports" underline="always">
                        a transport
                      </TextLink>
                      .
                    </Trans>
                  ) : (
                    <Trans>No transport is set up</Trans>
                  )}
                </Text>
              )}
            </Group>
          );
        })}
      </Stack>
    </Checkbox.Group>
  );
}

/** Whom receivers see as the sender: of the transports that the channel uses, if they say so. */
function sendersOf(transports: Transport[]): string[] {
  const used = transports.filter((it) => it.in_use && (it.not_granted ?? []).length === 0);
  return [...new Set(used.flatMap((it) => senderOf(it) ?? []))];
}
