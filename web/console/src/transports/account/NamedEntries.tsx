import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import { ActionIcon, Button, Fieldset, Flex, Group, Icon, PasswordInput, Stack, Text, TextInput } from '../../ui';
import type { VendorField } from '../vendors';
import type { Values } from './values';

type Props = {
  place: string;
  field: VendorField;
  values: Values;
  onChange: (changes: Values) => void;
  errorAt: (place: string) => string | undefined;
};

type Entry = { key: number; name: string; value: string };

/** Any number of values with names of their own, such as the headers of a request. */
export function NamedEntries({ place, field, values, onChange, errorAt }: Props) {
  const { t } = useLingui();
  const [entries, setEntries] = useState<Entry[]>(() =>
    Object.entries(values)
      .filter(([at, value]) => at.startsWith(place) && at !== place && value !== '')
      .map(([at, value], key) => ({ key, name: at.slice(place.length), value })),
  );
  const change = (after: Entry[]) => {
    const removed = entries.map((it) => [place + it.name, '']);
    const kept = after.filter((it) => it.name !== '').map((it) => [place + it.name, it.value]);
    setEntries(after);
    onChange(Object.fromEntries([...removed, ...kept]) as Values);
  };
  const update = (key: number, changes: Partial<Entry>) =>
    change(entries.map((it) => (it.key === key ? { ...it, ...changes } : it)));
  const next = Math.max(-1, ...entries.map((it) => it.key)) + 1;
  return (
    <Fieldset legend={field.label}>
      <Stack gap="xs">
        {field.help !== '' && (
          <Text c="dimmed" size="sm">
            {field.help}
          </Text>
        )}
        {entries.map((it, index) => (
          <Flex key={it.key} gap="xs" align="flex-end" wrap="wrap">
            <TextInput
              label={t`Name ${index + 1}`}
              value={it.name}
              onChange={(event) => update(it.key, { name: event.currentTarget.value.trim() })}
              error={errorAt(place + it.name)}
              style={{ flex: '1 1 140px' }}
              spellCheck={false}
              autoComplete="off"
            />
            <PasswordInput
              label={t`Value ${index + 1}`}
              value={it.value}
              onChange={(event) => update(it.key, { value: event.currentTarget.value })}
              style={{ flex: '2 1 160px' }}
              autoComplete="new-password"
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t`Remove ${it.name}`}
              onClick={() => change(entries.filter((other) => other.key !== it.key))}
            >
              <Icon name="trash" size={16} />
            </ActionIcon>
          </Flex>
        ))}
        <Group>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => change([...entries, { key: next, name: '', value: '' }])}
          >
            <Trans>Add one</Trans>
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
