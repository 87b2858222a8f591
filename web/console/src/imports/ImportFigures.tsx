import { useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { Count, Paper, Shares, SimpleGrid, Stack, Text, type Tone, toneColor } from '../ui';

/** How many rows there are, and what became of them. */
export function ImportFigures({ shown }: { shown: Schemas['ShownImport'] }) {
  const { t } = useLingui();
  if (shown.rows_read === 0 && shown.rows_total == null) return null;
  const parts: { tone: Tone; label: string; value: number }[] = [
    { tone: 'ok', label: t`Added`, value: shown.rows_added },
    { tone: 'busy', label: t`Updated`, value: shown.rows_updated },
    { tone: 'quiet', label: t`Already there`, value: shown.rows_duplicate },
    { tone: 'bad', label: t`Refused`, value: shown.rows_refused },
  ];
  return (
    <Stack gap="xs">
      <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="sm">
        <Figure label={t`Rows`} value={shown.rows_total ?? shown.rows_read} />
        {parts.map((it) => (
          <Figure key={it.label} label={it.label} value={it.value} tone={it.value > 0 ? it.tone : undefined} />
        ))}
        <Figure
          label={t`Incomplete`}
          value={shown.rows_incomplete}
          tone={shown.rows_incomplete > 0 ? 'warn' : undefined}
        />
      </SimpleGrid>
      <Shares parts={parts} />
    </Stack>
  );
}

function Figure({ label, value, tone }: { label: string; value: number; tone?: Tone }) {
  return (
    <Paper withBorder p="sm" role="group" aria-label={label}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="xl" fw={650} style={tone === undefined || tone === 'quiet' ? undefined : { color: toneColor(tone) }}>
        <Count value={value} />
      </Text>
    </Paper>
  );
}
