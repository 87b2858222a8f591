import { useLingui } from '@lingui/react';

import { languageName } from '../editor/languages';
import type { Part } from '../editor/versions';
import { partWords } from '../editor/words';

/** What a template has a text for. */
export function PartNames({ of }: { of: string[] }) {
  const { i18n } = useLingui();
  const known = of.filter((it): it is Part => it in partWords);
  return <>{known.length === 0 ? '–' : known.map((it) => i18n._(partWords[it].title)).join(', ')}</>;
}

export function LanguageNames({ of }: { of: string[] }) {
  const { i18n } = useLingui();
  return <>{of.map((it) => languageName(it, i18n.locale)).join(', ')}</>;
}
