import type { I18n } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import { languageName } from '../editor/languages';
import { shownValue } from '../editor/placeholders';
import { type Content, parts, type Version } from '../editor/versions';
import { partWords } from '../editor/words';

export type Line = { title: string; text: string };

/** A content as lines of text, to compare two or to look at an old one. */
export function contentLines(i18n: I18n, content: Content): Line[] {
  const lines: Line[] = [];
  const add = (version: Version, language: string) => {
    for (const part of parts) {
      const value = version[part];
      if (value == null) continue;
      const name = i18n._(partWords[part].title);
      const title = language === '' ? name : `${name}, ${languageName(language, i18n.locale)}`;
      lines.push({ title, text: textsOf(value).join('\n') });
    }
  };
  add(content, '');
  for (const [language, version] of Object.entries(content.languages ?? {})) add(version, language);
  if (content.wrapper != null) lines.push({ title: i18n._(msg`Wrapper`), text: content.wrapper });
  const variables = (content.variables ?? []).map((it) =>
    [it.path, it.description, shownValue(it.sample), shownValue(it.default)].filter((text) => text != null).join(' · '),
  );
  if (variables.length > 0) lines.push({ title: i18n._(msg`Placeholders`), text: variables.join('\n') });
  return lines;
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return value == null ? [] : [String(value)];
  return Object.values(value).flatMap(textsOf);
}

/** The lines in which two differ, beside each other. */
export function differing(mine: Line[], theirs: Line[]): { title: string; mine: string; theirs: string }[] {
  const titles = [...new Set([...mine, ...theirs].map((it) => it.title))];
  const of = (lines: Line[], title: string) => lines.find((it) => it.title === title)?.text ?? '';
  return titles
    .map((title) => ({ title, mine: of(mine, title), theirs: of(theirs, title) }))
    .filter((it) => it.mine !== it.theirs);
}
