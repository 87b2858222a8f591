import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { get, type Problem } from '../../api';
import { Button, Group, Icon, Objection, Select, Stack, Text, TextInput, When } from '../../ui';
import { clockAt, ownZone, type Reading, readClock } from './wallClock';

type Props = {
  verb: string;
  /** What has to be done first. */
  hindrance?: { text: string; go: () => void };
  pending: boolean;
  problem: Problem | null;
  /** The time that is set already. */
  at?: { local_time: string; time_zone: string };
  onSubmit: (time: { local_time: string; time_zone: string }) => void;
};

const SOONEST = 60_000;
const zones = Intl.supportedValuesOf('timeZone');

/** A date, a time and the zone whose clocks show it. */
export function ScheduleForm({ verb, hindrance, pending, problem, at, onSubmit }: Props) {
  const { t } = useLingui();
  const tenant = useQuery(get('/v1/tenant'));
  const now = useTheTime();
  const [chosenZone, setZone] = useState(at?.time_zone);
  const zone = chosenZone ?? tenant.data?.default_time_zone ?? ownZone();
  const [date, setDate] = useState(at?.local_time.slice(0, 10) ?? '');
  const [time, setTime] = useState(at?.local_time.slice(11, 16) ?? '');
  const reading = date === '' || time === '' ? undefined : readClock(`${date}T${time}`, zone);
  const tooSoon = reading !== undefined && reading.kind !== 'never' && reading.at.getTime() < now.getTime() + SOONEST;
  const missing =
    date === ''
      ? { text: t`Choose a date.`, go: () => document.getElementById('schedule-date')?.focus() }
      : time === ''
        ? { text: t`Choose a time.`, go: () => document.getElementById('schedule-time')?.focus() }
        : reading?.kind === 'never' || tooSoon
          ? { text: t`Choose another time.`, go: () => document.getElementById('schedule-time')?.focus() }
          : undefined;
  const first = missing ?? hindrance;
  const [asked, setAsked] = useState(false);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(first !== undefined);
        if (first === undefined) onSubmit({ local_time: `${date}T${time}`, time_zone: zone });
        else first.go();
      }}
    >
      <Stack gap="sm">
        <Group align="flex-start" gap="sm">
          <TextInput
            id="schedule-date"
            type="date"
            label={t`Date`}
            min={clockAt(now, zone).date}
            value={date}
            onChange={(event) => setDate(event.currentTarget.value)}
          />
          <TextInput
            id="schedule-time"
            type="time"
            label={t`Time`}
            value={time}
            onChange={(event) => setTime(event.currentTarget.value)}
            error={problem?.of('local_time')}
          />
          <Select
            label={t`Time zone`}
            searchable
            miw={200}
            style={{ flex: 1 }}
            data={zones.includes(zone) ? zones : [zone, ...zones]}
            value={zone}
            onChange={(it) => setZone(it ?? undefined)}
            error={problem?.of('time_zone')}
          />
        </Group>
        <div aria-live="polite">{reading !== undefined && <Meaning reading={reading} tooSoon={tooSoon} />}</div>
        <Button type="submit" size="md" loading={pending} leftSection={<Icon name="clock" size={16} />}>
          {verb}
        </Button>
        {asked && first !== undefined && <Objection>{first.text}</Objection>}
      </Stack>
    </form>
  );
}

/** The time, told anew every few seconds, so that a time that has passed meanwhile is noticed. */
function useTheTime(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** "That is 06:00 UTC, in 14 hours", and what the change of the clocks makes of it. */
function Meaning({ reading, tooSoon }: { reading: Reading; tooSoon: boolean }) {
  const { i18n } = useLingui();
  if (reading.kind === 'never') {
    return (
      <Text style={{ color: 'var(--bad)' }}>
        <Trans>This time does not exist because the clocks go forward. Choose an earlier or later one.</Trans>
      </Text>
    );
  }
  if (tooSoon) {
    return (
      <Text style={{ color: 'var(--bad)' }}>
        <Trans>This time has passed or is less than a minute away. Choose a later one.</Trans>
      </Text>
    );
  }
  const utc = i18n.date(reading.at, { timeZone: 'UTC', dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Stack gap={2}>
      <Text>
        <Trans>
          That is {utc} UTC, <When at={reading.at.toISOString()} beside />.
        </Trans>
      </Text>
      {reading.kind === 'twice' && (
        <Text style={{ color: 'var(--warn)' }}>
          <Trans>This time occurs twice because the clocks go back. The first one is used.</Trans>
        </Text>
      )}
    </Stack>
  );
}
