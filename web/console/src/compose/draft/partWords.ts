import type { I18n, MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Problem, Schemas } from '../../api';
import { channels, priorities } from '../../campaigns/words';
import { languageName } from '../../content/editor/languages';

const titles: Record<string, MessageDescriptor> = {
  name: msg`Name`,
  channels: msg`Channels`,
  priority: msg`Priority`,
  on_unknown: msg`If it is not known whether a message was accepted`,
  failover: msg`Other providers`,
  default_region: msg`Country of phone numbers`,
  values: msg`Values for everyone`,
  values_by_language: msg`Values by language`,
  'content.language': msg`Main language`,
  'content.time_zone': msg`Time zone`,
  'content.wrapper': msg`Wrapper`,
  'content.variables': msg`Placeholders`,
  'content.email': msg`Email`,
  'content.sms': msg`SMS`,
  'content.whatsapp': msg`WhatsApp`,
  'content.push': msg`Push`,
  'content.toolbar': msg`Toolbar`,
  'content.widget': msg`Widget`,
};

const names: Record<string, MessageDescriptor> = {
  subject: msg`Subject`,
  html: msg`Text`,
  mjml: msg`Text (blocks)`,
  text: msg`Plain text`,
  title: msg`Title`,
  body: msg`Text`,
  url: msg`Link`,
  icon: msg`Image`,
  reply_to: msg`Replies go to`,
  attempts: msg`Attempts`,
  minutes: msg`Minutes`,
  cost: msg`Maximum cost`,
};

/** A part of a draft, as a person calls it. */
export function partTitle(i18n: I18n, part: string): string {
  const [, , tag, channel] = part.split('.');
  if (!part.startsWith('content.languages.') || tag === undefined) {
    const title = titles[part];
    return title === undefined ? part : i18n._(title);
  }
  const language = languageName(tag, i18n.locale);
  if (channel === undefined) return i18n._(msg`Version in ${language}`);
  const title = titles[`content.${channel}`];
  return i18n._(msg`${title === undefined ? channel : i18n._(title)} in ${language}`);
}

/** A field that the API names, as a person calls it: "Email in German, subject". */
export function fieldTitle(i18n: I18n, field: string): string {
  const path = field.split('.');
  const length = path[0] !== 'content' ? 1 : path[1] === 'languages' ? 4 : 2;
  const part = partTitle(i18n, path.slice(0, length).join('.'));
  const name = names[path[length] ?? ''];
  return name === undefined ? part : `${part}, ${i18n._(name)}`;
}

/** What the API refused, in one sentence. */
export function refusalText(i18n: I18n, problem: Problem): string {
  const [first] = problem.fields;
  return first === undefined ? problem.message : `${fieldTitle(i18n, first.field)}: ${first.detail}`;
}

/** What a message still lacks, as a sentence. */
export function lackText(i18n: I18n, part: string, lacked: string[]): string {
  const title = partTitle(i18n, part);
  const fields = lacked.map((it) => names[it]).flatMap((it) => (it === undefined ? [] : [i18n._(it)]));
  const list = new Intl.ListFormat(i18n.locale).format(fields);
  return i18n._(msg`${title} still needs: ${list}`);
}

/** What stands in a part, line by line: a name, if there is one, and a text. */
export function partLines(i18n: I18n, part: string, value: unknown): { name?: string; text: string }[] {
  if (value === undefined) return [{ text: i18n._(msg`Nothing`) }];
  if (value === true) return [{ text: i18n._(msg`Included`) }];
  if (part === 'channels') {
    const own = (value as Schemas['Channel'][]).map((it) => i18n._(channels[it].title));
    return [{ text: own.join(', ') }];
  }
  if (part === 'priority') return [{ text: i18n._(priorities[value as Schemas['Priority']]) }];
  if (part === 'on_unknown') {
    return [{ text: value === 'resend' ? i18n._(msg`Send again`) : i18n._(msg`Wait for a decision`) }];
  }
  if (typeof value !== 'object' || value === null) return [{ text: String(value) }];
  return Object.entries(value)
    .filter(([, it]) => it != null && it !== '')
    .map(([key, it]) => {
      const name = names[key];
      return {
        name: Array.isArray(value) ? undefined : name === undefined ? key : i18n._(name),
        text: typeof it === 'string' ? it : typeof it === 'object' ? JSON.stringify(it) : String(it),
      };
    });
}
