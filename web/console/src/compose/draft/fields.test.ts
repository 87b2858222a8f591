import { expect, test } from 'vitest';

import { type Fields, fieldsFrom, merge, partsOf } from './fields';

const draft: Fields = {
  name: 'Spring',
  channels: ['email', 'sms'],
  priority: 'normal',
  on_unknown: 'hold',
  content: {
    email: { subject: 'Hello', html: '<p>Hi</p>' },
    sms: { text: 'Hi' },
    languages: { de: { sms: { text: 'Hallo' } }, el: {} },
  },
};

test('a draft that is taken apart and put together again is the same', () => {
  expect(fieldsFrom(partsOf(draft))).toEqual(draft);
});

test('changes of two people to different parts are put together', () => {
  const mine = { ...draft, content: { ...draft.content, email: { subject: 'Mine', html: '<p>Hi</p>' } } };
  const theirs = {
    ...draft,
    name: 'Theirs',
    content: { ...draft.content, languages: { de: { sms: { text: 'Servus' } } } },
  };
  const { merged, clashes } = merge(partsOf(draft), partsOf(mine), partsOf(theirs));
  expect(clashes).toEqual([]);
  expect(fieldsFrom(merged)).toEqual({ ...theirs, content: { ...theirs.content, email: mine.content.email } });
});

test('different changes to the same part clash, the same change does not', () => {
  const mine = { ...draft, name: 'Mine', priority: 'high' as const };
  const theirs = { ...draft, name: 'Theirs', priority: 'high' as const };
  const { merged, clashes } = merge(partsOf(draft), partsOf(mine), partsOf(theirs));
  expect(clashes).toEqual([{ part: 'name', mine: 'Mine', theirs: 'Theirs' }]);
  expect(merged.get('name')).toBe('Mine');
});

test('what I removed clashes with what they changed', () => {
  const { sms: _, ...rest } = draft.content;
  const theirs = { ...draft, content: { ...draft.content, sms: { text: 'Changed' } } };
  const { merged, clashes } = merge(partsOf(draft), partsOf({ ...draft, content: rest }), partsOf(theirs));
  expect(clashes).toEqual([{ part: 'content.sms', mine: undefined, theirs: { text: 'Changed' } }]);
  expect(merged.has('content.sms')).toBe(false);
});
