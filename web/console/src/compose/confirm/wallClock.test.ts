import { expect, test } from 'vitest';

import { clockAt, readClock } from './wallClock';

test('a wall-clock time follows its zone through the year', () => {
  expect(readClock('2026-12-24T06:00', 'Europe/London')).toEqual({ kind: 'once', at: new Date('2026-12-24T06:00Z') });
  expect(readClock('2026-07-01T06:00', 'Europe/London')).toEqual({ kind: 'once', at: new Date('2026-07-01T05:00Z') });
  expect(readClock('2026-12-24T06:00', 'Asia/Kathmandu')).toEqual({ kind: 'once', at: new Date('2026-12-24T00:15Z') });
  expect(clockAt(new Date('2026-12-24T00:15Z'), 'Asia/Kathmandu')).toEqual({ date: '2026-12-24', time: '06:00' });
});

test('a time that the clocks jump over does not exist', () => {
  expect(readClock('2027-03-28T01:30', 'Europe/London')).toEqual({ kind: 'never' });
  expect(readClock('2027-03-14T02:00', 'America/New_York')).toEqual({ kind: 'never' });
  expect(readClock('2027-03-14T03:00', 'America/New_York')?.kind).toBe('once');
});

test('a time that comes twice means the first', () => {
  expect(readClock('2027-10-31T01:30', 'Europe/London')).toEqual({
    kind: 'twice',
    at: new Date('2027-10-31T00:30Z'),
    second: new Date('2027-10-31T01:30Z'),
  });
});
