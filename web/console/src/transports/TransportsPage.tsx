import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get, LIVE, type Schemas } from '../api';
import { ChannelMark } from '../campaigns/Marks';
import { channels, everyChannel } from '../campaigns/words';
import { Banner, ButtonLink, Group, Icon, Page, ProblemNote, SimpleGrid, Stack, TextLink, Title, Pending } from '../ui';
import { TransportCard } from './TransportCard';

type Channel = Schemas['Channel'];

/** Every account that messages are sent through, by channel. */
export function TransportsPage() {
  const { t } = useLingui();
  const transports = useQuery({
    ...get('/v1/transports'),
    refetchInterval: ({ state }) =>
      state.data?.transports.some((it) => it.breaker.state !== 'closed') === true ? 5 * LIVE : false,
  });
  const all = transports.data?.transports;
  return (
    <Page
      title={t`Transports`}
      about={<Trans>The accounts at email, SMS, WhatsApp and push services that your messages go through.</Trans>}
      actions={
        <>
          <ButtonLink to="/routes" variant="default" leftSection={<Icon name="routes" size={16} />}>
            <Trans>Routes</Trans>
          </ButtonLink>
          <ButtonLink to="/transports/new" leftSection={<Icon name="plus" size={16} />}>
            <Trans>Set up an account</Trans>
          </ButtonLink>
        </>
      }
    >
      {all === undefined ? (
        <Pending query={transports} rows={6} />
      ) : (
        <Stack gap="lg">
          <ProblemNote problem={transports.error} retry={() => void transports.refetch()} />
          {everyChannel.map((channel) => (
            <ChannelAccounts
              key={channel}
              channel={channel}
              accounts={all.filter((it) => it.channel === channel).toSorted(usedFirst)}
            />
          ))}
        </Stack>
      )}
    </Page>
  );
}

function usedFirst(a: Schemas['Transport'], b: Schemas['Transport']): number {
  return Number(b.in_use) - Number(a.in_use);
}

/** The accounts of a channel, or that there are none. */
function ChannelAccounts({ channel, accounts }: { channel: Channel; accounts: Schemas['Transport'][] }) {
  const { t, i18n } = useLingui();
  const name = i18n._(channels[channel].title);
  const setUp = `/transports/new?channel=${channel}`;
  return (
    <Stack gap="xs" component="section" aria-label={name}>
      <Group justify="space-between">
        <Title order={2}>
          <ChannelMark channel={channel} />
        </Title>
        {accounts.length > 1 && (
          <TextLink to={`/routes#${channel}`}>
            <Trans>Who uses which account</Trans>
          </TextLink>
        )}
      </Group>
      {accounts.length === 0 ? (
        <Banner
          tone="quiet"
          icon={channels[channel].icon}
          title={t`No account yet`}
          action={
            <ButtonLink to={setUp} size="xs" variant="default">
              <Trans>Set up {name}</Trans>
            </ButtonLink>
          }
        >
          <Trans>Nothing can be sent on this channel until an account is set up.</Trans>
        </Banner>
      ) : (
        <SimpleGrid cols={{ base: 1, sm: 2, xl: 3 }} spacing="sm">
          {accounts.map((it) => (
            <TransportCard key={it.id} transport={it} />
          ))}
        </SimpleGrid>
      )}
    </Stack>
  );
}
