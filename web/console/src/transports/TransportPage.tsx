import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';

import { get, LIVE, type Schemas } from '../api';
import { ChannelMark } from '../campaigns/Marks';
import {
  Group,
  Loading,
  notify,
  Page,
  ProblemNote,
  Section,
  SimpleGrid,
  Stack,
  Text,
  TextLink,
  When,
  Pending,
} from '../ui';
import { AccountForm } from './account/AccountForm';
import { CallbackAddress } from './CallbackAddress';
import { DailyUse } from './DailyUse';
import { DeleteTransport } from './DeleteTransport';
import { EnabledSwitch } from './EnabledSwitch';
import { LimitsForm } from './LimitsForm';
import { StandingMark, StandingReason } from './Standing';
import { TestMessage } from './TestMessage';
import { useVendors, useVendorName } from './vendors';

/** An account: whether it works, a test message, its limits, and everything it is set up with. */
export function TransportPage() {
  const { t } = useLingui();
  const { transport: id = '' } = useParams();
  const query = useQuery({
    ...get('/v1/transports/{transport}', { params: { path: { transport: id } } }),
    refetchInterval: ({ state }) =>
      state.data !== undefined && state.data.breaker.state !== 'closed' ? 5 * LIVE : false,
  });
  const back = { to: '/transports', title: t`Transports` };
  const transport = query.data;
  if (transport === undefined) {
    return (
      <Page title={id} back={back}>
        <Pending query={query} rows={6} />
      </Page>
    );
  }
  return <Shown key={transport.id} transport={transport} back={back} />;
}

function Shown({ transport, back }: { transport: Schemas['Transport']; back: { to: string; title: string } }) {
  const { t } = useLingui();
  const vendors = useVendors();
  const vendorName = useVendorName();
  const vendor = vendors.data?.vendors.find((it) => it.id === transport.vendor);
  return (
    <Page
      title={transport.id}
      back={back}
      about={
        <Group gap="xs" component="span">
          <ChannelMark channel={transport.channel} />
          <span>
            {vendorName(transport.vendor)}
            {/* The accounts with which a tenant begins have no such time: the API gives the year 1970. */}
            {Date.parse(transport.created_at) > 0 && (
              <>
                {' · '}
                <Trans>
                  set up <When at={transport.created_at} />
                </Trans>
              </>
            )}
          </span>
        </Group>
      }
    >
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md" verticalSpacing="md">
        <Stack gap="md">
          <Section title={t`Status`}>
            <Group justify="space-between">
              <StandingMark transport={transport} />
              <EnabledSwitch transport={transport} />
            </Group>
            <StandingReason full transport={transport} />
            <Text c="dimmed">
              {transport.in_use ? (
                <Trans>The channel’s messages go through it.</Trans>
              ) : (
                <Trans>
                  Nothing goes through it at the moment: the channel uses another account. You can change that under{' '}
                  <TextLink to="/routes" underline="always">
                    Routes
                  </TextLink>
                  .
                </Trans>
              )}
            </Text>
            <DailyUse transport={transport} />
          </Section>
          <TestMessage transport={transport} />
          {transport.callback_url != null && (
            <CallbackAddress url={transport.callback_url} todo={vendor?.callbacks?.setup} />
          )}
          <LimitsForm transport={transport} />
        </Stack>
        <Stack gap="md">
          {vendor !== undefined ? (
            <AccountForm
              vendor={vendor}
              transport={transport}
              onSaved={() => notify(t`Saved. It takes effect within a minute.`)}
            />
          ) : vendors.error !== null ? (
            <ProblemNote problem={vendors.error} retry={() => void vendors.refetch()} />
          ) : vendors.isPending ? (
            <Loading rows={6} />
          ) : (
            <Text c="dimmed">
              <Trans>This version of Carillon does not know {transport.vendor}, so it cannot be changed here.</Trans>
            </Text>
          )}
          <DeleteTransport transport={transport} />
        </Stack>
      </SimpleGrid>
    </Page>
  );
}
