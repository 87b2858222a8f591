import { useLingui } from '@lingui/react';

import { Group, Icon, Tooltip } from '../../ui';
import { languageName } from '../editor/languages';
import type { Part } from '../editor/versions';
import { partWords } from '../editor/words';

/** What a template has a text for, as pictures with their names for those who point at or hear them. */
export function PartMarks({ of }: { of: string[] }) {
  const { i18n } = useLingui();
  const known = of.filter((it): it is Part => it in partWords);
  const names = known.map((it) => i18n._(partWords[it].title)).join(', ');
  if (known.length === 0) return <>–</>;
  return (
    <Tooltip label={names}>
      <Group gap={6} wrap="nowrap" component="span" style={{ display: 'inline-flex' }} role="img" aria-label={names}>
        {known.map((it) => (
          <Icon key={it} name={partWords[it].icon} size={16} />
        ))}
      </Group>
    </Tooltip>
  );
}

export function LanguageNames({ of }: { of: string[] }) {
  const { i18n } = useLingui();
  return <>{of.map((it) => languageName(it, i18n.locale)).join(', ')}</>;
}
