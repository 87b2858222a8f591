import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get, type Problem, type Schemas } from '../api';
import { channels } from '../campaigns/words';
import { Select, TextInput } from '../ui';

type Channel = Schemas['Channel'];

/** Where the tenant's numbers without a country code are, if it says so. */
export function useRegion(): string | undefined {
  return useQuery(get('/v1/tenant')).data?.default_region ?? undefined;
}

export function ChannelField({ value, onChange }: { value: Channel; onChange: (channel: Channel) => void }) {
  const { t, i18n } = useLingui();
  return (
    <Select
      label={t`Channel`}
      value={value}
      onChange={(chosen) => onChange((chosen as Channel | null) ?? value)}
      data={Object.entries(channels).map(([id, { title }]) => ({ value: id, label: i18n._(title) }))}
    />
  );
}

type Props = {
  channel: Channel;
  value: string;
  onChange: (address: string) => void;
  problem: Problem | null;
  /** Whether the form was sent without an address. */
  missing: boolean;
};

/** An address of the channel's kind. */
export function AddressField({ channel, value, onChange, problem, missing }: Props) {
  const { t } = useLingui();
  const region = useRegion();
  const isNumber = channel === 'sms' || channel === 'whatsapp';
  const label = isNumber ? t`Phone number` : channel === 'push' ? t`Device` : t`Email address`;
  const help =
    region === undefined
      ? t`With the country code, for example +44 20 7946 0000`
      : t`With the country code; without one, it is read as a number of ${region}.`;
  return (
    <TextInput
      label={label}
      description={isNumber ? help : undefined}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      type={isNumber ? 'tel' : 'text'}
      inputMode={isNumber ? 'tel' : channel === 'email' ? 'email' : undefined}
      error={missing && value.trim() === '' ? t`Enter an address.` : problem?.of('address')}
      autoComplete="off"
      spellCheck={false}
      data-autofocus
    />
  );
}
