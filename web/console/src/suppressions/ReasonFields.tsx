import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import type { Problem, Schemas } from '../api';
import { Select, TextInput } from '../ui';
import { sources } from './words';

type Source = Schemas['SuppressionSource'];

type Props = {
  source: Source;
  onSource: (source: Source) => void;
  /** A date, or empty for now. */
  since: string;
  onSince: (date: string) => void;
  problem: Problem | null;
};

/** Why addresses are suppressed, and since when: both are kept as evidence. */
export function ReasonFields({ source, onSource, since, onSince, problem }: Props) {
  const { t, i18n } = useLingui();
  const [today] = useState(() => new Date().toISOString().slice(0, 10));
  return (
    <>
      <Select
        label={t`Why`}
        description={i18n._(sources[source].about)}
        value={source}
        onChange={(chosen) => onSource((chosen as Source | null) ?? source)}
        data={Object.entries(sources).map(([value, { title }]) => ({ value, label: i18n._(title) }))}
        error={problem?.of('source')}
      />
      <TextInput
        type="date"
        label={t`Since (if before today)`}
        description={t`Kept as evidence of when they asked.`}
        value={since}
        max={today}
        onChange={(event) => onSince(event.currentTarget.value)}
        error={problem?.of('at')}
      />
    </>
  );
}

/** The beginning of the day in the person's own zone; nothing for today. */
export function momentOf(date: string): string | undefined {
  if (date === '') return undefined;
  const moment = new Date(`${date}T00:00`);
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
}
