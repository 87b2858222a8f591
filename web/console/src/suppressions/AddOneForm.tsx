import { Trans, useLingui } from '@lingui/react/macro';
import { type FormEvent, useRef, useState } from 'react';

import { api, call, type Schemas, useAction } from '../api';
import { Button, notify, ProblemNote, Stack, Text, useFocusOnProblem } from '../ui';
import { AddressField, ChannelField, useRegion } from './AddressFields';
import { momentOf, ReasonFields } from './ReasonFields';

/** Suppresses one address. */
export function AddOneForm({ onDone }: { onDone: () => void }) {
  const { t } = useLingui();
  const form = useRef<HTMLFormElement>(null);
  const region = useRegion();
  const [channel, setChannel] = useState<Schemas['Channel']>('email');
  const [address, setAddress] = useState('');
  const [source, setSource] = useState<Schemas['SuppressionSource']>('unsubscribed');
  const [since, setSince] = useState('');
  const [missing, setMissing] = useState(false);
  const add = useAction(
    () =>
      call(
        api.POST('/v1/suppressions', {
          body: { channel, address: address.trim(), region, source, at: momentOf(since) },
        }),
      ),
    {
      refresh: ['/v1/suppressions'],
      onDone: (added) => {
        notify(t`${added.address} no longer gets any messages.`);
        onDone();
      },
    },
  );
  useFocusOnProblem(form, add.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(address.trim() === '');
    if (address.trim() !== '') add.mutate();
  };
  return (
    <form ref={form} noValidate onSubmit={submit} aria-label={t`Add an address`}>
      <Stack>
        <ChannelField value={channel} onChange={setChannel} />
        <AddressField channel={channel} value={address} onChange={setAddress} problem={add.error} missing={missing} />
        <ReasonFields source={source} onSource={setSource} since={since} onSince={setSince} problem={add.error} />
        <ProblemNote problem={add.error} shown={['address', 'source', 'at']} />
        <div>
          <Button type="submit" loading={add.isPending}>
            <Trans>Suppress it</Trans>
          </Button>
        </div>
        <Text size="sm" c="dimmed" role="status">
          {add.isPending ? (
            <Trans>This takes about four seconds. After that, no new message goes to it.</Trans>
          ) : (
            <Trans>It applies to every campaign immediately, including those that are being sent.</Trans>
          )}
        </Text>
      </Stack>
    </form>
  );
}
