import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { get, LIVE, type Schemas } from '../api';
import { FateMark } from '../campaigns/Marks';
import { Banner, CopyText, Text, type Tone } from '../ui';
import { useVendorName } from './vendors';

type Delivery = Schemas['Delivery'];
type Props = { result: Schemas['TestedTransport']; transport: Schemas['Transport'] };

/** How long reports of the vendor are waited for. */
const PATIENCE = 60_000;

/** What became of a test message: the vendor's answer, and what it reports afterwards. */
export function TestResult({ result, transport }: Props) {
  const { t } = useLingui();
  const [since] = useState(() => Date.now());
  const vendorName = useVendorName();
  const later = useQuery({
    ...get('/v1/campaigns/{campaign}/deliveries', { params: { path: { campaign: result.campaign } } }),
    refetchInterval: ({ state }) => {
      const delivery = state.data?.deliveries[0] ?? result.delivery;
      return isOpen(delivery) && Date.now() - since < PATIENCE ? LIVE : false;
    },
  });
  const delivery = later.data?.deliveries[0] ?? result.delivery;
  const vendor = vendorName(transport.vendor);
  const { state, reason, provider_id, fate } = delivery;
  const titles: Record<Delivery['state'], [Tone, string]> = {
    sent: ['ok', t`${vendor} accepted the message`],
    failed: ['bad', t`${vendor} refused the message`],
    skipped: ['warn', t`The message was not sent`],
    canceled: ['warn', t`The message was not sent`],
    unknown: ['unknown', t`It is not known whether ${vendor} accepted the message`],
    pending: ['busy', t`Waiting for ${vendor} to answer`],
    claimed: ['busy', t`Waiting for ${vendor} to answer`],
    retrying: ['busy', t`${vendor} could not accept the message; it will be tried again`],
  };
  const [tone, title] = titles[state];
  return (
    <Banner live tone={tone} title={title}>
      {reason != null && (
        <div dir="auto">
          {reason.text} ({reason.code})
        </div>
      )}
      {state === 'sent' && (
        <div>{fate == null ? <Trans>Check whether it has arrived.</Trans> : <FateMark fate={fate} />}</div>
      )}
      {provider_id != null && (
        <Text size="xs" c="dimmed" component="div" mt={4}>
          <Trans>Message ID at the provider:</Trans> <CopyText value={provider_id} label={t`the message ID`} />
        </Text>
      )}
    </Banner>
  );
}

function isOpen({ state, fate }: Delivery): boolean {
  return state === 'pending' || state === 'claimed' || state === 'retrying' || (state === 'sent' && fate == null);
}
