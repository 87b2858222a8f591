import { Trans, useLingui } from '@lingui/react/macro';
import { useMemo } from 'react';

import type { Problem } from '../../api';
import { Accordion, Group, NumberInput, Radio, Select, Stack, Switch, Text, TextInput } from '../../ui';
import type { Fields } from '../draft/fields';
import { regions } from './regions';

type Delivery = Pick<Fields, 'on_unknown' | 'failover' | 'default_region'>;

type Props = {
  value: Delivery;
  onChange: (change: Partial<Delivery>) => void;
  problem: Problem | null | undefined;
};

const failoverAtFirst = { attempts: 3, minutes: 60 };

/** What is seldom changed: uncertain sends, other providers, the country of phone numbers. */
export function AdvancedDelivery({ value, onChange, problem }: Props) {
  const { t, i18n } = useLingui();
  const { failover } = value;
  const countries = useMemo(() => regions(i18n.locale), [i18n.locale]);
  return (
    <Accordion variant="contained" chevronPosition="left">
      <Accordion.Item value="advanced">
        <Accordion.Control>
          <Text fw={600}>
            <Trans>More about delivery</Trans>
          </Text>
          <Text size="xs" c="dimmed">
            <Trans>Unknown outcomes, other providers, phone numbers</Trans>
          </Text>
        </Accordion.Control>
        <Accordion.Panel>
          <Stack gap="lg" pt="xs">
            <Radio.Group
              label={t`If it is not known whether a provider accepted a message`}
              description={t`This can happen if the connection breaks while a message is being handed over.`}
              value={value.on_unknown}
              onChange={(it) => onChange({ on_unknown: it as 'hold' | 'resend' })}
              error={problem?.of('on_unknown')}
            >
              <Stack gap={8} mt={8}>
                <Radio
                  value="hold"
                  label={t`Wait until somebody decides`}
                  description={t`Nobody gets the message twice. You decide in the campaign.`}
                />
                <Radio
                  value="resend"
                  label={t`Send again`}
                  description={t`Everyone gets the message. A few may get it twice.`}
                />
              </Stack>
            </Radio.Group>
            <Stack gap="xs">
              <Switch
                label={t`Try other providers if one refuses or cannot deliver a message`}
                description={t`In the order of the channel’s route.`}
                checked={failover != null}
                onChange={(event) => onChange({ failover: event.currentTarget.checked ? failoverAtFirst : null })}
              />
              {failover != null && (
                <Group align="flex-start">
                  <NumberInput
                    label={t`Maximum attempts per person`}
                    min={1}
                    max={50}
                    allowDecimal={false}
                    value={failover.attempts}
                    onChange={(it) => typeof it === 'number' && onChange({ failover: { ...failover, attempts: it } })}
                    error={problem?.of('failover.attempts')}
                  />
                  <NumberInput
                    label={t`Time limit in minutes`}
                    min={1}
                    max={1440}
                    allowDecimal={false}
                    value={failover.minutes}
                    onChange={(it) => typeof it === 'number' && onChange({ failover: { ...failover, minutes: it } })}
                    error={problem?.of('failover.minutes')}
                  />
                  <TextInput
                    label={t`Maximum cost per person`}
                    description={t`Empty: no limit. In the currency of your prices.`}
                    inputMode="decimal"
                    value={failover.cost ?? ''}
                    onChange={(event) => {
                      const cost = event.currentTarget.value.trim().replace(',', '.');
                      onChange({ failover: { ...failover, cost: cost === '' ? null : cost } });
                    }}
                    error={problem?.of('failover.cost')}
                  />
                </Group>
              )}
            </Stack>
            <Select
              label={t`Country of phone numbers without a country code`}
              description={t`A country column in a file takes precedence.`}
              placeholder={t`Organization default`}
              searchable
              clearable
              maw={420}
              data={countries}
              value={value.default_region ?? null}
              onChange={(default_region) => onChange({ default_region })}
              error={problem?.of('default_region')}
            />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
