import { expect, test } from 'vitest';

import { perSecond, type Sample, taken } from './pace';
import { figuresOf, whyLower } from './totals';

const run = (...samples: [number, number][]) =>
  samples.reduce<Sample[]>((all, [at, finished]) => taken(all, { at: at * 1_000, finished }), []);

test('the pace is that of the last minute and is not told before it is known', () => {
  expect(perSecond(run([0, 0], [2, 40]))).toBeUndefined();
  expect(perSecond(run([0, 0], [2, 40], [10, 100]))).toBe(10);
  expect(perSecond(run([0, 0], [50, 5_000], [100, 5_100], [110, 5_200]))).toBeCloseTo(200 / 60);
});

test('messages that are sent again begin a new measurement, and an answer that comes late counts for nothing', () => {
  expect(perSecond(run([0, 100], [10, 200], [12, 150]))).toBeUndefined();
  expect(run([4, 10], [2, 5])).toEqual([{ at: 4_000, finished: 10 }]);
});

const counts = { total: 10, pending: 0, claimed: 0, retrying: 0, canceled: 0, skipped: 0 };
const figures = (sent: number, failed: number, unknown: number, pending = 0) =>
  figuresOf({
    receivers: 10,
    channels: { sms: { ...counts, pending, sent, failed, unknown, fates: {}, skipped_by_reason: {} } },
  });

test('a figure that goes down has a reason', () => {
  expect(whyLower(figures(5, 3, 2), figures(6, 3, 2))).toBeUndefined();
  expect(whyLower(figures(5, 3, 2), figures(5, 0, 2, 3))).toEqual({ why: 'again', count: 3 });
  expect(whyLower(figures(5, 3, 2), figures(7, 3, 0))).toEqual({ why: 'turned_out_sent', count: 2 });
  expect(whyLower(figures(5, 3, 2), figures(8, 0, 2))).toEqual({ why: 'sent_now', count: 3 });
  expect(whyLower(figures(5, 3, 2), { ...figures(5, 1, 2), skipped: 2 })).toEqual({ why: 'left_out', count: 2 });
  expect(whyLower(figures(5, 3, 2), figures(4, 4, 2))).toEqual({ why: 'refused_later', count: 1 });
  expect(whyLower(figures(5, 3, 2), figures(4, 3, 2))).toEqual({ why: 'recounted', count: 1 });
});
