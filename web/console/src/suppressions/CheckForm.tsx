import { Trans, useLingui } from '@lingui/react/macro';
import { type FormEvent, useRef, useState } from 'react';

import { api, call, type Schemas, useAction } from '../api';
import { Banner, Button, ProblemNote, Stack, useFocusOnProblem, When } from '../ui';
import { AddressField, ChannelField, useRegion } from './AddressFields';
import { SourceMark } from './SourceMark';
import { useRemoval } from './useRemoval';
import { sources } from './words';

/** Says whether an address gets messages, and if not, why. */
export function CheckForm() {
  const { t, i18n } = useLingui();
  const form = useRef<HTMLFormElement>(null);
  const region = useRegion();
  const [channel, setChannel] = useState<Schemas['Channel']>('email');
  const [address, setAddress] = useState('');
  const [missing, setMissing] = useState(false);
  const check = useAction(
    () => call(api.POST('/v1/suppressions/check', { body: { channel, address: address.trim(), region } })),
    { refresh: [] },
  );
  const removal = useRemoval(() => check.mutate());
  useFocusOnProblem(form, check.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(address.trim() === '');
    if (address.trim() !== '') check.mutate();
  };
  const found = check.data?.suppression;
  return (
    <form ref={form} noValidate onSubmit={submit} aria-label={t`Check an address`}>
      <Stack>
        <ChannelField
          value={channel}
          onChange={(chosen) => {
            check.reset();
            setChannel(chosen);
          }}
        />
        <AddressField
          channel={channel}
          value={address}
          onChange={(text) => {
            check.reset();
            setAddress(text);
          }}
          problem={check.error}
          missing={missing}
        />
        <div>
          <Button type="submit" loading={check.isPending}>
            <Trans>Check</Trans>
          </Button>
        </div>
        <ProblemNote problem={check.error} shown={['address']} />
        {check.data !== undefined &&
          (found == null ? (
            <Banner live tone="ok" title={t`Not suppressed`}>
              <Trans>The address gets messages.</Trans>
            </Banner>
          ) : (
            <Banner live tone="warn" title={t`Suppressed: it gets no messages`}>
              <Stack gap={6}>
                <bdi className="clip">{found.address}</bdi>
                <SourceMark source={found.source} />
                <span>
                  {i18n._(sources[found.source].about)}{' '}
                  <Trans>
                    Since <When at={found.at} exact />
                  </Trans>
                </span>
                <div>
                  <Button
                    size="compact-sm"
                    variant="default"
                    loading={removal.busy}
                    onClick={() => void removal.remove(found)}
                  >
                    <Trans>Remove the suppression</Trans>
                  </Button>
                </div>
              </Stack>
            </Banner>
          ))}
        <ProblemNote problem={removal.problem} />
      </Stack>
    </form>
  );
}
