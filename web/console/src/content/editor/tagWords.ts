import type { I18n } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Placeholder } from './placeholders';
import { builtInWords } from './words';

/** What a placeholder is called: as the document describes it, or in our own words, or else its path. */
export function nameOf(path: string, known: Placeholder[], i18n: I18n): string {
  const described = known.find((it) => it.path === path)?.description;
  if (described !== undefined && described !== '') return described;
  const own = builtInWords[path.replace(/^receiver\./, 'member.')];
  return own === undefined ? path : i18n._(own);
}

/** Says what stands between two braces, as a person would: `member.first_name` is “First name”, `#if x` is “if x”. */
export function wordsOfTag(inside: string, known: Placeholder[], i18n: I18n): string {
  const tag = inside.trim();
  const block = /^#\s*(if|unless|each|with)\s+([\w.]+)$/.exec(tag);
  if (block !== null) {
    const name = nameOf(block[2] ?? '', known, i18n);
    if (block[1] === 'if') return i18n._(msg`if ${name}`);
    if (block[1] === 'unless') return i18n._(msg`if no ${name}`);
    return block[1] === 'each' ? i18n._(msg`for each ${name}`) : name;
  }
  if (tag === 'else') return i18n._(msg`otherwise`);
  if (tag.startsWith('/')) return i18n._(msg`end`);
  // A helper, such as `date`, says how the value is written and not which it is.
  const [, path] = /^(?:[a-z_]+\s+)?([a-z]\w*(?:\.\w+)*)(?:\s.*)?$/i.exec(tag) ?? [];
  return path === undefined ? tag : nameOf(path, known, i18n);
}

const TAG = /\{\{([^{}]*)\}\}/g;

/** A text with the names of its placeholders instead of their paths, for showing it. */
export function withNames(text: string, words: (inside: string) => string): string {
  return text.replace(TAG, (_, inside: string) => `[${words(inside)}]`);
}
