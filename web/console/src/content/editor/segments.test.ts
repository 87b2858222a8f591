import { expect, test } from 'vitest';

import { partsOf, withSamples } from './segments';

test('parts are counted as the server counts them', () => {
  // The cases of shared/domain/src/content/sms_parts.rs.
  const cases: [string, string, number, number][] = [
    ['', 'gsm', 0, 1],
    ['a'.repeat(160), 'gsm', 160, 1],
    ['a'.repeat(161), 'gsm', 161, 2],
    ['a'.repeat(306), 'gsm', 306, 2],
    ['a'.repeat(307), 'gsm', 307, 3],
    ['€'.repeat(80), 'gsm', 160, 1],
    ['€'.repeat(153), 'gsm', 306, 3],
    ['ж'.repeat(70), 'ucs2', 70, 1],
    ['ж'.repeat(71), 'ucs2', 71, 2],
    ['ж'.repeat(134), 'ucs2', 134, 2],
    ['😀'.repeat(35), 'ucs2', 70, 1],
    ['😀'.repeat(67), 'ucs2', 134, 3],
    [`${'a'.repeat(70)}ê`, 'ucs2', 71, 2],
    ['10\u00a0000\u202f€\tsharp', 'gsm', 15, 1],
    ['Zoe\u0300 Mu\u0308ller', 'gsm', 10, 1],
  ];
  for (const [text, alphabet, units, count] of cases) expect(partsOf(text)).toMatchObject({ alphabet, units, count });
});

test('the characters that make a text Unicode are named, and plain punctuation removes theirs', () => {
  const text = 'We’re open – “as usual”…';
  expect(partsOf(text)).toMatchObject({ alphabet: 'ucs2', culprits: ['’', '–', '“', '”', '…'] });
  expect(partsOf(text, true)).toMatchObject({ alphabet: 'gsm', culprits: [] });
});

test('placeholders are counted by their samples, and what a condition leaves out is not', () => {
  const known = [{ path: 'member.first_name', sample: 'Alex' }];
  expect(withSamples('Hi {{member.first_name}}!', known)).toBe('Hi Alex!');
  expect(withSamples('{{#if member.first_name}}Hi {{member.first_name}}{{else}}Hello{{/if}}, x', known)).toBe(
    'Hi Alex, x',
  );
  expect(withSamples('{{datetime a.b style="short"}}.', known)).toBe('.');
});
