import { Chip, Group } from '@mantine/core';
import type { ReactNode } from 'react';

type Choice = { value: string; label: ReactNode };

type Props = { label: string; value: string; choices: Choice[]; onChange: (value: string) => void };

/** One of a few filters above a table; the empty value is "all". */
export function FilterChips({ label, value, choices, onChange }: Props) {
  return (
    <Chip.Group multiple={false} value={value} onChange={(it) => onChange(it as string)}>
      <Group gap={6} role="radiogroup" aria-label={label}>
        {choices.map((it) => (
          <Chip key={it.value} value={it.value} size="xs" variant="light">
            {it.label}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}
