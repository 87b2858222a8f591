import { expect, test } from 'vitest';

import { csvOf } from './saveCsv';

test('a cell is quoted where it must be, and is never a formula', () => {
  expect(csvOf([['a "b", c', '=HYPERLINK("x")', '+44 20 7946 0000', '-1', '@x', 'two\nlines']])).toBe(
    '"a ""b"", c","\'=HYPERLINK(""x"")",+44 20 7946 0000,-1,\'@x,"two\nlines"\r\n',
  );
});
