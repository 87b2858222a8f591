import { Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';

import type { Problem, Schemas } from '../../api';
import { ActionIcon, Button, Fieldset, Group, Icon, SegmentedControl, Stack, Text, TextInput } from '../../ui';
import { LegRow } from './LegRow';
import { type Leg, moved, newLeg, type Plan } from './plan';

type Props = {
  plan: Plan;
  /** Whether it is the only route of its channel. */
  alone: boolean;
  accounts: Schemas['Transport'][];
  currency: string | undefined;
  isText: boolean;
  /** The route's place in the request. */
  place: string;
  problem: Problem | null;
  /** `structure`: rows were added, moved or removed. */
  onChange: (plan: Plan, structure: boolean) => void;
  onRemove: () => void;
};

/** One route: whom it is for, and its accounts in order or by share. */
export function RouteEditor({ plan, alone, accounts, currency, isText, place, problem, onChange, onRemove }: Props) {
  const { t } = useLingui();
  const rows = useRef<HTMLDivElement>(null);
  const focus = useRef<{ key: number; move: 'up' | 'down' } | undefined>(undefined);
  const at = (field: string) => {
    const found = problem?.fields.filter((it) => it.field === field) ?? [];
    return found.length === 0 ? undefined : found.map((it) => it.detail).join(' ');
  };
  // A row that moves takes the focus with it.
  useEffect(() => {
    if (focus.current === undefined) return;
    const { key, move } = focus.current;
    focus.current = undefined;
    const row = rows.current?.querySelector(`[data-row="${key}"]`);
    (
      row?.querySelector<HTMLElement>(`[data-move="${move}"]`) ?? row?.querySelector<HTMLElement>('[data-move]')
    )?.focus();
  });
  const { legs, shares, prefix } = plan;
  const set = (changes: Partial<Plan>, structure = false) => onChange({ ...plan, ...changes }, structure);
  const move = (index: number, leg: Leg, by: -1 | 1) => {
    focus.current = { key: leg.key, move: by < 0 ? 'up' : 'down' };
    set({ legs: moved(legs, index, by) }, true);
  };
  const unused = accounts.find((account) => !legs.some((leg) => leg.transport === account.id));
  const total = legs.reduce((sum, leg) => sum + (Number(leg.weight) || 0), 0);
  const title = prefix !== null ? t`Numbers that start with ${prefix}` : alone ? t`All messages` : t`Everyone else`;
  return (
    <Fieldset legend={title}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-end" gap="sm">
          {prefix !== null && (
            <TextInput
              label={t`Number starts with`}
              description={t`With + and the country code. The longest match is used.`}
              value={prefix}
              onChange={(event) => set({ prefix: event.currentTarget.value })}
              error={at(`${place}.prefix`)}
              inputMode="tel"
              style={{ flex: '1 1 200px' }}
            />
          )}
          <SegmentedControl
            aria-label={t`How the accounts are used`}
            value={shares ? 'shares' : 'order'}
            onChange={(value) =>
              set({
                shares: value === 'shares',
                legs: value === 'shares' ? legs.map((leg) => ({ ...leg, weight: leg.weight || '1' })) : legs,
              })
            }
            data={[
              { value: 'order', label: t`In this order` },
              { value: 'shares', label: t`By share` },
            ]}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t`Remove the route: ${title}`}
            onClick={onRemove}
          >
            <Icon name="trash" size={16} />
          </ActionIcon>
        </Group>
        <Text size="sm" c="dimmed">
          {shares ? (
            <Trans>
              Each account gets its share of the messages. One that does not work gets none until it works again.
            </Trans>
          ) : (
            <Trans>
              The first account that works and is below its daily limit carries all messages; the next ones are its
              backups.
            </Trans>
          )}
        </Text>
        <Stack gap="xs" ref={rows}>
          {legs.map((leg, index) => (
            <LegRow
              key={leg.key}
              leg={leg}
              number={index + 1}
              count={legs.length}
              accounts={accounts}
              share={shares ? (total === 0 ? 0 : (Number(leg.weight) || 0) / total) : undefined}
              currency={currency}
              isText={isText}
              errorAt={(name) => at(`${place}.transports[${index}].${name}`)}
              onChange={(after) => set({ legs: legs.map((it) => (it.key === leg.key ? after : it)) })}
              onMove={(by) => move(index, leg, by)}
              onRemove={() => set({ legs: legs.filter((it) => it.key !== leg.key) }, true)}
            />
          ))}
          {at(`${place}.transports`) !== undefined && (
            <Text size="sm" role="alert" style={{ color: 'var(--bad)' }}>
              {at(`${place}.transports`)}
            </Text>
          )}
        </Stack>
        <Group gap="xs">
          {unused === undefined ? (
            <Text size="sm" c="dimmed">
              <Trans>All accounts of the channel are in this route.</Trans>
            </Text>
          ) : (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Icon name="plus" size={14} />}
              onClick={() => set({ legs: [...legs, { ...newLeg(unused.id), weight: shares ? '1' : '' }] }, true)}
            >
              <Trans>Add an account</Trans>
            </Button>
          )}
        </Group>
      </Stack>
    </Fieldset>
  );
}
