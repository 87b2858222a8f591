import { useLingui } from '@lingui/react';

/** Lists of words as the person's language writes them. */
export function useListed() {
  const { i18n } = useLingui();
  const format = (type: 'conjunction' | 'disjunction', words: string[]) =>
    new Intl.ListFormat(i18n.locale, { type, style: 'long' }).format(words);
  return {
    all: (words: string[]) => format('conjunction', words),
    any: (words: string[]) => format('disjunction', words),
  };
}
