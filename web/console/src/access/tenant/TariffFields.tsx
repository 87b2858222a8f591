import { useLingui } from '@lingui/react/macro';

import { channels } from '../../campaigns/words';
import { ActionIcon, Flex, Icon, Select, Text, TextInput } from '../../ui';
import type { TariffRow } from './settings';

type Props = {
  row: TariffRow;
  number: number;
  currency: string;
  /** Without a name: what is wrong with the price as a whole. */
  errorAt: (name?: 'channel' | 'prefix' | 'least' | 'most') => string | undefined;
  onChange: (row: TariffRow) => void;
  onRemove: () => void;
};

/** The price of a message on a channel, for some numbers or all. */
export function TariffFields({ row, number, currency, errorAt, onChange, onRemove }: Props) {
  const { t, i18n } = useLingui();
  const hasNumbers = row.channel === 'sms' || row.channel === 'whatsapp';
  const unit = currency !== '' && (
    <Text size="xs" c="dimmed" component="span">
      {currency}
    </Text>
  );
  return (
    <Flex gap="xs" align="flex-start" wrap="wrap" role="group" aria-label={t`Price ${number}`}>
      <Select
        label={t`Channel`}
        data={Object.entries(channels).map(([value, { title }]) => ({ value, label: i18n._(title) }))}
        value={row.channel}
        onChange={(chosen) => {
          const channel = (chosen as TariffRow['channel'] | null) ?? row.channel;
          onChange({ ...row, channel, prefix: channel === 'sms' || channel === 'whatsapp' ? row.prefix : '' });
        }}
        error={errorAt('channel')}
        style={{ flex: '1 1 120px' }}
      />
      {hasNumbers && (
        <TextInput
          label={t`Numbers starting with`}
          placeholder={t`All`}
          inputMode="tel"
          value={row.prefix}
          onChange={(event) => onChange({ ...row, prefix: event.currentTarget.value })}
          error={errorAt('prefix')}
          style={{ flex: '1 1 160px' }}
        />
      )}
      <TextInput
        label={row.channel === 'sms' ? t`Price per segment` : t`Price per message`}
        placeholder="0.0320"
        inputMode="decimal"
        value={row.least}
        onChange={(event) => onChange({ ...row, least: event.currentTarget.value })}
        error={errorAt('least')}
        rightSection={unit}
        rightSectionWidth={48}
        style={{ flex: '1 1 140px' }}
      />
      <TextInput
        label={t`At most`}
        placeholder={t`Same price`}
        inputMode="decimal"
        value={row.most}
        onChange={(event) => onChange({ ...row, most: event.currentTarget.value })}
        error={errorAt('most')}
        rightSection={unit}
        rightSectionWidth={48}
        style={{ flex: '1 1 120px' }}
      />
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        mt={24}
        aria-label={t`Remove price ${number}`}
        onClick={onRemove}
      >
        <Icon name="trash" size={16} />
      </ActionIcon>
      {errorAt() !== undefined && (
        <Text size="sm" role="alert" w="100%" style={{ color: 'var(--bad)' }}>
          {errorAt()}
        </Text>
      )}
    </Flex>
  );
}
