import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';

import { get } from '../api';
import { channels, everyChannel } from '../campaigns/words';
import { Button, Group, Loading, notify, Page, ProblemNote, Section, Stack, Text, useParam } from '../ui';
import { AccountForm } from './account/AccountForm';
import { VendorChoice } from './VendorChoice';
import { useVendors } from './vendors';

/** Setting up an account: the channel, the vendor, then what the vendor needs. */
export function NewTransportPage() {
  const { t, i18n } = useLingui();
  const navigate = useNavigate();
  const [channel, setChannel] = useParam('channel', { push: true });
  const [vendorId, setVendorId] = useParam('vendor', { push: true });
  const vendors = useVendors();
  const transports = useQuery(get('/v1/transports'));
  const vendor = vendors.data?.vendors.find((it) => it.id === vendorId);
  const about = vendor === undefined ? undefined : `${vendor.name} · ${i18n._(channels[vendor.channel].title)}`;
  const problem = vendors.error ?? transports.error;
  return (
    <Page
      narrow
      title={t`Set up an account`}
      back={{ to: '/transports', title: t`Transports` }}
      about={about}
      actions={
        vendor !== undefined && (
          <Button variant="default" onClick={() => setVendorId(undefined)}>
            <Trans>Choose another provider</Trans>
          </Button>
        )
      }
    >
      {problem !== null ? (
        <ProblemNote
          problem={problem}
          retry={() => {
            void vendors.refetch();
            void transports.refetch();
          }}
        />
      ) : vendors.data === undefined || transports.data === undefined ? (
        <Loading rows={6} />
      ) : vendor !== undefined ? (
        <AccountForm
          key={vendor.id}
          vendor={vendor}
          taken={transports.data.transports.map((it) => it.id)}
          onSaved={(saved) => {
            notify(t`The account is set up. Send yourself a test message now.`);
            void navigate(`/transports/${saved.id}`, { replace: true });
          }}
        />
      ) : (
        <Stack>
          <Section title={t`What will it send?`}>
            <Group gap="xs" role="group" aria-label={t`Channel`}>
              {everyChannel.map((it) => (
                <Button
                  key={it}
                  variant={channel === it ? 'filled' : 'default'}
                  aria-pressed={channel === it}
                  onClick={() => setChannel(it)}
                >
                  {i18n._(channels[it].title)}
                </Button>
              ))}
            </Group>
          </Section>
          {channel in channels ? (
            <VendorChoice
              vendors={vendors.data.vendors.filter((it) => it.channel === channel)}
              onChoose={setVendorId}
            />
          ) : (
            <Text c="dimmed">
              <Trans>Choose a channel to see which providers you can use.</Trans>
            </Text>
          )}
        </Stack>
      )}
    </Page>
  );
}
