/** What a wall-clock time means in a time zone. */
export type Reading =
  | { kind: 'once'; at: Date }
  /** The clocks go back over it: the first of the two counts. */
  | { kind: 'twice'; at: Date; second: Date }
  /** The clocks jump over it. */
  | { kind: 'never' };

const HOUR = 3_600_000;

/** How far the zone is ahead of UTC at a moment, in milliseconds. */
function offsetAt(moment: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(moment);
  const of = (type: string) => Number(parts.find((it) => it.type === type)?.value);
  const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return shown - Math.floor(moment / 1000) * 1000;
}

/** Reads a local time, `2026-12-01T18:00`, in a time zone of the IANA. */
export function readClock(local: string, zone: string): Reading | undefined {
  const naive = Date.parse(`${local}Z`);
  if (Number.isNaN(naive)) return undefined;
  const offsets = new Set([offsetAt(naive - 26 * HOUR, zone), offsetAt(naive + 26 * HOUR, zone)]);
  const moments = [...offsets]
    .map((offset) => naive - offset)
    .filter((moment) => moment + offsetAt(moment, zone) === naive)
    .toSorted((one, other) => one - other);
  const [first, second] = moments;
  if (first === undefined) return { kind: 'never' };
  return second === undefined
    ? { kind: 'once', at: new Date(first) }
    : { kind: 'twice', at: new Date(first), second: new Date(second) };
}

/** A moment as the clocks of a zone show it, in the form of the browser's fields: date and time. */
export function clockAt(moment: Date, zone: string): { date: string; time: string } {
  const local = new Date(moment.getTime() + offsetAt(moment.getTime(), zone)).toISOString();
  return { date: local.slice(0, 10), time: local.slice(11, 16) };
}

/** The time zone of the browser. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
