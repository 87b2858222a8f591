import { expect, test } from 'vitest';

import { linesOf } from './lines';

test('a list is read with its lines, whatever it is separated by', () => {
  const text = '\uFEFFEmail;Date\r\nann@example.org;2024-05-01\r\n\r\n"bob@example.org"\ncarl@example.org, left in May';
  expect(linesOf(text)).toEqual([
    { line: 2, entry: { address: 'ann@example.org', at: '2024-05-01T00:00:00.000Z' } },
    { line: 4, entry: 'bob@example.org' },
    { line: 5, entry: 'carl@example.org' },
  ]);
});

test('a list without names of columns loses nobody', () => {
  expect(linesOf('ann@example.org\n+44 20 7946 0000').map(({ line }) => line)).toEqual([1, 2]);
});
