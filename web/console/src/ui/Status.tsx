import { Group, Text } from '@mantine/core';

import { Icon, type IconName } from './Icon';

/** What a status means for the person who reads it. */
export type Tone = 'ok' | 'busy' | 'warn' | 'bad' | 'unknown' | 'quiet';

const icons: Record<Tone, IconName> = {
  ok: 'check',
  busy: 'clock',
  warn: 'attention',
  bad: 'cross',
  unknown: 'question',
  quiet: 'drafts',
};

export function toneColor(tone: Tone): string {
  return tone === 'quiet' ? 'var(--mantine-color-dimmed)' : `var(--${tone})`;
}

/** A status in words, with a picture and a colour that say the same. */
export function Status({ tone, icon, children }: { tone: Tone; icon?: IconName; children: string }) {
  return (
    <Group gap={6} wrap="nowrap" component="span" style={{ display: 'inline-flex', verticalAlign: 'middle' }}>
      <Icon name={icon ?? icons[tone]} size={16} color={toneColor(tone)} />
      <Text component="span" size="sm" fw={500} style={{ color: tone === 'quiet' ? undefined : toneColor(tone) }}>
        {children}
      </Text>
    </Group>
  );
}
