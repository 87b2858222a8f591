import type { Schemas } from '../../api';
import { unfinishedIn } from './mjml/unfinished';

export type Content = Schemas['Content'];
export type Version = Schemas['LocalizedContent'];
/** What a version has a text for: the channels, and the two notifications of the portal. */
export type Part = keyof Version;

export const parts = ['email', 'sms', 'whatsapp', 'push', 'toolbar', 'widget'] as const satisfies Part[];

/** The version in a language; the empty text is the top level. */
export function versionOf(content: Content, language: string): Version {
  return language === '' ? content : (content.languages?.[language] ?? {});
}

/** The path of a version's fields in the API's problems. */
export function pathOf(language: string): string {
  return language === '' ? 'content' : `content.languages.${language}`;
}

/** Whether there is a text for a part in a language, its own or the one at the top level. */
export function says(content: Content, language: string, part: Part): boolean {
  const version = versionOf(content, language)[part] == null ? content : versionOf(content, language);
  const mjml = part === 'email' ? version.email?.mjml : undefined;
  // An email by blocks is stored with its first, empty block.
  return version[part] != null && (mjml == null || unfinishedIn(mjml) !== 'everything');
}

/** The content with one part of one version replaced, or removed. */
export function withPart<P extends Part>(content: Content, language: string, part: P, value: Version[P] | undefined) {
  const put = <V extends Version>(version: V): V => {
    const { [part]: _, ...rest } = version;
    return (value == null ? rest : { ...rest, [part]: value }) as V;
  };
  if (language === '') return put(content);
  return { ...content, languages: { ...content.languages, [language]: put(versionOf(content, language)) } };
}

export function withLanguage(content: Content, language: string): Content {
  return { ...content, languages: { ...content.languages, [language]: content.languages?.[language] ?? {} } };
}

export function withoutLanguage(content: Content, language: string): Content {
  const { [language]: _, ...languages } = content.languages ?? {};
  return { ...content, languages };
}

/** Exchanges the top level with a version, so that everyone without a language of their own gets that one. */
export function withDefault(content: Content, language: string, before: string): Content {
  const { email, sms, whatsapp, push, toolbar, widget, languages = {}, ...rest } = content;
  const { [language]: next = {}, ...others } = languages;
  const last = { email, sms, whatsapp, push, toolbar, widget };
  return withoutGaps({ ...rest, ...next, language, languages: { ...others, [before]: withoutGaps(last) } });
}

function withoutGaps<T extends object>(it: T): T {
  return Object.fromEntries(Object.entries(it).filter(([, value]) => value != null)) as T;
}

/** The parts that a version should have and lacks: for another language, those that the top level has. */
export function lacking(content: Content, language: string, channels: Schemas['Channel'][]): Part[] {
  const version = versionOf(content, language);
  const wanted: Part[] = language === '' ? channels : parts.filter((it) => content[it] != null);
  return wanted.filter((it) => version[it] == null);
}

/** A part with nothing in it is left out, so that an empty field is not an error. */
export function orNothing<T extends object>(part: T): T | undefined {
  const isBlank = (value: unknown): boolean =>
    value == null || value === '' || value === false || (Array.isArray(value) && value.every(isBlank));
  return Object.values(part).every(isBlank) ? undefined : part;
}
