import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { Trans, useLingui } from '@lingui/react/macro';

import type { Problem, Schemas } from '../../api';
import { ColorInput, Group, Icon, SimpleGrid, Stack, Text } from '../../ui';
import { contrast } from './contrast';

type Colors = Schemas['Colors'];
type Name = keyof Colors;

const titles: Record<Name, MessageDescriptor> = {
  background: msg`Around the email`,
  surface: msg`Behind the text`,
  text: msg`Text`,
  muted: msg`Secondary text`,
  accent: msg`Links and buttons`,
  accent_text: msg`Text of buttons`,
};

/** Pairs that have to be readable on each other. */
const pairs: [Name, Name][] = [
  ['text', 'surface'],
  ['muted', 'surface'],
  ['muted', 'background'],
  ['accent', 'surface'],
  ['accent_text', 'accent'],
];

type Props = { value: Colors; onChange: (value: Colors) => void; problem: Problem | null };

/** The colours of a wrapper, with a warning where text would be hard to read. */
export function ColorFields({ value, onChange, problem }: Props) {
  const { t, i18n } = useLingui();
  const poor = pairs
    .map(([on, below]) => ({ on, below, contrast: contrast(value[on] ?? '', value[below] ?? '') }))
    .filter((it) => it.contrast !== undefined && it.contrast < 4.5);
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="sm">
        {(Object.keys(titles) as Name[]).map((name) => (
          <ColorInput
            key={name}
            label={i18n._(titles[name])}
            format="hex"
            eyeDropperButtonProps={{ 'aria-label': t`Pick a color from the screen` }}
            value={value[name] ?? ''}
            onChange={(color) => onChange({ ...value, [name]: color })}
            error={problem?.of(`colors.${name}`)}
          />
        ))}
      </SimpleGrid>
      <div role="status">
        {poor.map((it) => {
          const ratio = i18n.number(it.contrast ?? 0, { maximumFractionDigits: 1 });
          const on = i18n._(titles[it.on]);
          const below = i18n._(titles[it.below]);
          return (
            <Group key={`${it.on} ${it.below}`} gap={6} wrap="nowrap" align="flex-start">
              <Icon name="attention" size={16} color="var(--warn)" />
              <Text size="sm" style={{ color: 'var(--warn)' }}>
                <Trans>
                  “{on}” is hard to read on “{below}”: the contrast is {ratio} and should be at least 4.5.
                </Trans>
              </Text>
            </Group>
          );
        })}
      </div>
    </Stack>
  );
}
