import { setupI18n } from '@lingui/core';
import { expect, test } from 'vitest';

import { mjmlOfText } from '../../content/editor/mjml/start';
import { unfinishedText } from './unfinished';

const i18n = setupI18n({ locale: 'en', messages: { en: {} } });
const email = (mjml: string) => ({ subject: 'News', mjml });

test('an email whose blocks are not filled in is not finished, in whatever language', () => {
  const written = email(mjmlOfText('Hello'));
  const empty = email(mjmlOfText('Hello').replace('</mj-text>', '</mj-text><mj-text><p></p></mj-text>'));
  expect(unfinishedText(i18n, { email: written })).toBeUndefined();
  expect(unfinishedText(i18n, { email: email(mjmlOfText('')) })).toBe('Write the text of the email');
  expect(unfinishedText(i18n, { email: written, languages: { de: { email: empty } } })).toMatch(/empty block/);
  expect(
    unfinishedText(i18n, { email: { subject: 'News', html: '<p>Hello</p>' }, sms: { text: 'x' } }),
  ).toBeUndefined();
});
