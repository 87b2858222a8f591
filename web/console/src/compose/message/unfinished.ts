import type { I18n, MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import { type Unfinished, unfinishedIn } from '../../content/editor/mjml/unfinished';
import type { Content } from '../../content/editor/versions';

/** What has to be done in an email by blocks before it can be sent: a block that was added is filled in, or removed. */
export function unfinishedText(i18n: I18n, content: Content): string | undefined {
  const versions = [content, ...Object.values(content.languages ?? {})];
  for (const { email } of versions) {
    const found = email?.mjml == null ? undefined : unfinishedIn(email.mjml);
    if (found !== undefined) return i18n._(found === 'everything' ? msg`Write the text of the email` : words[found]);
  }
  return undefined;
}

const words: Record<Unfinished, MessageDescriptor> = {
  text: msg`Write in the empty block of the email, or remove it`,
  button: msg`Give the email’s button a text and a link`,
  image: msg`Choose the image of the email`,
  link: msg`Give the social links of the email an address`,
};
