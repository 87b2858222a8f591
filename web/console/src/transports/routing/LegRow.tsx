import { useLingui } from '@lingui/react/macro';

import type { Schemas } from '../../api';
import { ActionIcon, Flex, Group, Icon, Select, Share, Text, TextInput } from '../../ui';
import { useVendorName } from '../vendors';
import type { Leg } from './plan';

type Props = {
  leg: Leg;
  number: number;
  count: number;
  accounts: Schemas['Transport'][];
  /** Its share of the messages; absent where the order decides. */
  share: number | undefined;
  currency: string | undefined;
  /** Whether the price is that of a part of a text message. */
  isText: boolean;
  errorAt: (name: 'transport' | 'weight' | 'price') => string | undefined;
  onChange: (leg: Leg) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
};

/** An account of a route. */
export function LegRow(props: Props) {
  const { leg, number, count, accounts, share, currency, isText, errorAt, onChange, onMove, onRemove } = props;
  const { t } = useLingui();
  const vendorName = useVendorName();
  const known = accounts.some((it) => it.id === leg.transport);
  const names = accounts.map((it) => ({ value: it.id, label: `${it.id} (${vendorName(it.vendor)})` }));
  return (
    <Flex gap="xs" align="flex-start" wrap="wrap" data-row={leg.key} role="group" aria-label={t`Account ${number}`}>
      <Text fw={600} w={20} pt={32} c="dimmed" className="figure" visibleFrom="xs" aria-hidden="true">
        {share === undefined ? `${number}.` : ''}
      </Text>
      <Select
        label={t`Account`}
        data={known ? names : [...names, { value: leg.transport, label: leg.transport }]}
        value={leg.transport}
        onChange={(transport) => onChange({ ...leg, transport: transport ?? leg.transport })}
        error={errorAt('transport')}
        searchable={accounts.length > 8}
        style={{ flex: '3 1 200px' }}
      />
      {share !== undefined && (
        <TextInput
          label={t`Share`}
          value={leg.weight}
          inputMode="numeric"
          onChange={(event) => onChange({ ...leg, weight: event.currentTarget.value })}
          rightSection={
            <Text size="xs" c="dimmed" component="span">
              <Share of={share} total={1} />
            </Text>
          }
          rightSectionWidth={52}
          error={errorAt('weight')}
          style={{ flex: '1 1 110px' }}
        />
      )}
      <TextInput
        label={isText ? t`Price per segment` : t`Price per message`}
        value={leg.price}
        placeholder={t`Not known`}
        inputMode="decimal"
        onChange={(event) => onChange({ ...leg, price: event.currentTarget.value })}
        rightSection={
          currency !== undefined && (
            <Text size="xs" c="dimmed" component="span">
              {currency}
            </Text>
          )
        }
        rightSectionWidth={48}
        error={errorAt('price')}
        style={{ flex: '1 1 130px' }}
      />
      <Group gap={2} wrap="nowrap" pt={24} style={{ flex: 'none' }}>
        {number > 1 && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            data-move="up"
            aria-label={t`Move ${leg.transport} up`}
            onClick={() => onMove(-1)}
          >
            <span style={{ display: 'inline-flex', rotate: '180deg' }}>
              <Icon name="down" size={16} />
            </span>
          </ActionIcon>
        )}
        {number < count && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            data-move="down"
            aria-label={t`Move ${leg.transport} down`}
            onClick={() => onMove(1)}
          >
            <Icon name="down" size={16} />
          </ActionIcon>
        )}
        {count > 1 && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t`Remove ${leg.transport} from the route`}
            onClick={onRemove}
          >
            <Icon name="cross" size={16} />
          </ActionIcon>
        )}
      </Group>
    </Flex>
  );
}
