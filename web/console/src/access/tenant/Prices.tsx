import { Trans, useLingui } from '@lingui/react/macro';
import { useMemo, useRef } from 'react';

import type { Problem } from '../../api';
import { Button, Group, Icon, Section, Select, Stack, Text } from '../../ui';
import { currencies, including } from './choices';
import { newTariff, type Settings } from './settings';
import { TariffFields } from './TariffFields';

type Props = { settings: Settings; onChange: (changes: Partial<Settings>) => void; problem: Problem | null };

/** What messages cost, from which estimates are made before a campaign is sent. */
export function Prices({ settings, onChange, problem }: Props) {
  const { t, i18n } = useLingui();
  const list = useRef<HTMLDivElement>(null);
  const all = useMemo(() => currencies(i18n.locale), [i18n.locale]);
  const { currency, tariffs } = settings;
  const at = (field: string) => problem?.fields.find((it) => it.field === field)?.detail;
  const add = () => {
    onChange({ tariffs: [...tariffs, newTariff()] });
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[role="group"]:last-of-type input')?.focus());
  };
  return (
    <Section
      title={t`Prices`}
      about={
        <Trans>What your providers charge. Used to estimate what a campaign will cost; nothing is charged here.</Trans>
      }
    >
      <Select
        label={t`Currency`}
        data={including(all, currency)}
        value={currency === '' ? null : currency}
        onChange={(chosen) => onChange({ currency: chosen ?? '' })}
        placeholder={t`Choose`}
        error={problem?.of('prices.currency')}
        searchable
        openOnFocus={false}
        clearable
        limit={60}
        nothingFoundMessage={t`Unknown currency`}
        clearButtonProps={{ 'aria-label': t`No currency` }}
      />
      <Stack gap="sm" ref={list}>
        {tariffs.map((row, index) => (
          <TariffFields
            key={row.key}
            row={row}
            number={index + 1}
            currency={currency}
            errorAt={(name) => at(name === undefined ? `prices.tariffs[${index}]` : `prices.tariffs[${index}].${name}`)}
            onChange={(after) => onChange({ tariffs: tariffs.map((it) => (it.key === row.key ? after : it)) })}
            onRemove={() => onChange({ tariffs: tariffs.filter((it) => it.key !== row.key) })}
          />
        ))}
      </Stack>
      {at('prices.tariffs') !== undefined && (
        <Text size="sm" role="alert" style={{ color: 'var(--bad)' }}>
          {at('prices.tariffs')}
        </Text>
      )}
      {tariffs.length === 0 && (
        <Text c="dimmed">
          <Trans>No prices yet, so the cost of campaigns cannot be estimated.</Trans>
        </Text>
      )}
      <Group>
        <Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={add}>
          <Trans>Add a price</Trans>
        </Button>
      </Group>
    </Section>
  );
}
