import type { Schemas } from '../api';

type Channel = Schemas['Channel'];
type State = Schemas['DeliveryState'];
type Fate = Schemas['DeliveryStatus'];

/** How many messages are in each state. */
export type Figures = Record<State, number> & {
  /** Of all states together. */
  total: number;
  /** Pending, being sent, or to be tried again. */
  open: number;
  /** What became of sent messages; each counts once, by the latest that is known. */
  fates: Partial<Record<Fate, number>>;
};

/** The figures of one channel, or of all together. */
export function figuresOf(totals: Schemas['Totals'], only?: Channel): Figures {
  const sum: Figures = {
    total: 0,
    open: 0,
    pending: 0,
    claimed: 0,
    retrying: 0,
    sent: 0,
    failed: 0,
    skipped: 0,
    unknown: 0,
    canceled: 0,
    fates: {},
  };
  for (const [channel, counts] of Object.entries(totals.channels)) {
    if (only !== undefined && channel !== only) continue;
    sum.total += counts.total;
    sum.open += counts.pending + counts.claimed + counts.retrying;
    for (const state of [
      'pending',
      'claimed',
      'retrying',
      'sent',
      'failed',
      'skipped',
      'unknown',
      'canceled',
    ] as const) {
      sum[state] += counts[state];
    }
    for (const [fate, count] of Object.entries(counts.fates)) {
      sum.fates[fate as Fate] = (sum.fates[fate as Fate] ?? 0) + count;
    }
  }
  return sum;
}

/** How many messages are to be sent: all that are not skipped, for whom nothing could be sent. */
export function sendable({ total, skipped }: Figures): number {
  return total - skipped;
}

/** How many messages are sent of which a provider has reported nothing more. */
export function unheardOf({ sent, fates }: Figures): number {
  const heard = Object.values(fates).reduce((sum, count) => sum + count, 0);
  return Math.max(0, sent - heard);
}

/** Why a figure is lower than it was a moment ago. */
export type Change = {
  why: 'again' | 'turned_out_sent' | 'sent_now' | 'left_out' | 'refused_later' | 'recounted';
  count: number;
};

/** Compares the figures with those shown before. Undefined if none that people watch has gone down. */
export function whyLower(before: Figures, now: Figures): Change | undefined {
  const fell = (state: State) => Math.max(0, before[state] - now[state]);
  const rose = (state: State) => Math.max(0, now[state] - before[state]);
  const [sent, failed, unknown] = [fell('sent'), fell('failed'), fell('unknown')];
  if (sent + failed + unknown === 0) return undefined;
  if (now.open > before.open) return { why: 'again', count: now.open - before.open };
  if (sent > 0) return { why: rose('failed') > 0 ? 'refused_later' : 'recounted', count: sent };
  if (rose('skipped') > 0) return { why: 'left_out', count: rose('skipped') };
  if (rose('sent') > 0)
    return { why: unknown > 0 ? 'turned_out_sent' : 'sent_now', count: unknown > 0 ? unknown : failed };
  return { why: 'recounted', count: failed + unknown };
}
