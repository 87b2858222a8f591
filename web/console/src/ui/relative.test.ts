import { expect, test } from 'vitest';

import { relative } from './relative';

const evening = new Date(2026, 10, 30, 21, 0);
const at = (day: number, hour: number) => relative(new Date(2026, 11, day, hour), evening, 'en');

test('tomorrow is the next day of the calendar', () => {
  expect(at(1, 6)).toBe('in 9 hours');
  expect(at(1, 22)).toBe('tomorrow');
  expect(at(2, 6)).toBe('in 2 days');
  expect(relative(evening, new Date(2026, 11, 2, 6), 'en')).toBe('2 days ago');
});
