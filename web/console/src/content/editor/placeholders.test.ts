import { expect, test } from 'vitest';

import { beingTyped, complete, pathsIn, placeholdersOf, unknownIn } from './placeholders';

test('what a text asks for', () => {
  expect(pathsIn('{{member.first_name}} {{date outage.day style="short"}} {{default account.balance "a.b"}}')).toEqual([
    'member.first_name',
    'outage.day',
    'account.balance',
  ]);
  expect(
    pathsIn('{{#if a.b}}{{c.d}}{{else}}x{{/if}} {{#each list}}{{this.name}}{{name}}{{/each}} {{! note.x }}'),
  ).toEqual(['a.b', 'c.d', 'list']);
});

test('unknown placeholders have the name that was probably meant', () => {
  const known = placeholdersOf([{ path: 'account.balance' }, { path: 'items' }]);
  expect(unknownIn('{{member.frist_name}} {{receiver.email}} {{items.first}} {{account}} {{shop.url}}', known)).toEqual(
    [
      { path: 'member.frist_name', nearest: 'member.first_name' },
      { path: 'shop.url', nearest: undefined },
    ],
  );
});

/** Completes what stands before the mark, and marks where the cursor is then. */
function put(text: string, path: string) {
  const cursor = text.indexOf('|');
  const plain = text.replace('|', '');
  const typing = beingTyped(plain, cursor);
  if (typing === undefined) return undefined;
  const done = complete(plain, cursor, typing.start, path);
  return `${done.text.slice(0, done.cursor)}|${done.text.slice(done.cursor)}`;
}

test('a placeholder is completed where it is typed', () => {
  expect(put('Hi {{mem| there', 'member.email')).toBe('Hi {{member.email}}| there');
  expect(put('Hi {{|}}!', 'member.email')).toBe('Hi {{member.email}}|!');
  expect(put('{{#if loc|}}x{{/if}}', 'location.name')).toBe('{{#if location.name}}|x{{/if}}');
  expect(put('{{date outage.d| style="short"}}', 'outage.day')).toBe('{{date outage.day| style="short"}}');
  expect(put('{{member.em|ail}}', 'member.mobile')).toBe('{{member.mobile}}|');
  expect(put('{{mem|nicht {{a}}', 'member.email')).toBe('{{member.email}}|nicht {{a}}');
  expect(put('{{a}} no|', 'x')).toBeUndefined();
});
