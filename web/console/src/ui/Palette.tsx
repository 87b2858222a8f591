import { useLingui } from '@lingui/react/macro';
import { Spotlight, spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { type KeyboardEvent, useEffect, useRef } from 'react';

import { Icon, type IconName } from './Icon';

type Entry = { id: string; label: string; about?: string; words?: string[]; icon: IconName; go: () => void };

type Props = {
  entries: Entry[];
  onSearch: (words: string) => void;
  /** What the search covers. */
  placeholder: string;
  /** Said if nothing was found. */
  nothing: string;
};

/** The search of the whole console, opened by `/` and Ctrl-K. */
export function Palette({ entries, onSearch, placeholder, nothing }: Props) {
  const { t } = useLingui();
  // Whether the person has chosen an entry; if not, Enter opens the first one, even if that came later than what was typed.
  const chose = useRef(false);
  const ids = entries.map(({ id }) => id).join(' ');
  useEffect(() => {
    if (!chose.current) selectFirst();
  }, [ids]);
  const actions: SpotlightActionData[] = entries.map((it) => ({
    id: it.id,
    label: it.label,
    description: it.about,
    keywords: it.words,
    leftSection: <Icon name={it.icon} />,
    onClick: it.go,
  }));
  return (
    <Spotlight
      actions={actions}
      shortcut={['mod + K', '/']}
      limit={12}
      scrollable
      maxHeight={420}
      onQueryChange={(words) => {
        chose.current = false;
        onSearch(words);
      }}
      searchProps={{
        placeholder,
        'aria-label': t`Search`,
        onKeyDown: ({ key }: KeyboardEvent) => {
          if (key === 'ArrowDown' || key === 'ArrowUp') chose.current = true;
        },
        leftSection: <Icon name="search" />,
      }}
      nothingFound={nothing}
    />
  );
}

Palette.open = spotlight.open;

/** The library selects an entry by this attribute, and only when the words change. */
function selectFirst() {
  document.querySelector('[data-action][data-selected]')?.removeAttribute('data-selected');
  document.querySelector('[data-action]')?.setAttribute('data-selected', 'true');
}
