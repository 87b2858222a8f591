import { expect, test } from 'vitest';

import { readLines } from './addressLines';

test.each([
  ['ann@example.org', { email: 'ann@example.org' }],
  ['Ann Mary Smith <ann@example.org>', { first_name: 'Ann Mary', last_name: 'Smith', email: 'ann@example.org' }],
  ['"Smith, Ann" <ann@example.org>;', { first_name: 'Ann', last_name: 'Smith', email: 'ann@example.org' }],
  ['+44 7400 (123) 456', { mobile: '+44 7400 (123) 456' }],
  [
    'Ann\tSmith\tann@example.org\t+447400123456',
    { first_name: 'Ann', last_name: 'Smith', email: 'ann@example.org', mobile: '+447400123456' },
  ],
  [
    'Ann Smith ann@example.org +44 7400 123456',
    { first_name: 'Ann', last_name: 'Smith', email: 'ann@example.org', mobile: '+44 7400 123456' },
  ],
  [
    '+447400123456 ann@example.org Ann Smith',
    { first_name: 'Ann', last_name: 'Smith', email: 'ann@example.org', mobile: '+447400123456' },
  ],
  [
    'ann@example.org; +44 7400 123456; Ann Smith',
    { first_name: 'Ann', last_name: 'Smith', email: 'ann@example.org', mobile: '+44 7400 123456' },
  ],
  ['Ann Smith, ann@example.org', { first_name: 'Ann', last_name: 'Smith', email: 'ann@example.org' }],
  // Not an address: the API says so, and the person corrects it.
  ['bad@@example', { email: 'bad@@example' }],
])('%s', (text, receiver) => {
  expect(readLines(text).map((it) => it.receiver)).toEqual([receiver]);
});

test('several addresses on a line are several people, and empty lines are none', () => {
  const people = readLines('a@example.org; b@example.org\n\n  \nc@example.org');
  expect(people.map(({ line, receiver }) => [line, receiver.email])).toEqual([
    [1, 'a@example.org'],
    [1, 'b@example.org'],
    [4, 'c@example.org'],
  ]);
});
