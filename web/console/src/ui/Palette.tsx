import { useLingui } from '@lingui/react/macro';
import { Spotlight, spotlight, type SpotlightActionData } from '@mantine/spotlight';

import { Icon, type IconName } from './Icon';

type Entry = { id: string; label: string; about?: string; words?: string[]; icon: IconName; go: () => void };

type Props = { entries: Entry[]; onSearch: (words: string) => void };

/** The search of the whole console, opened by `/` and Ctrl-K. */
export function Palette({ entries, onSearch }: Props) {
  const { t } = useLingui();
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
      limit={8}
      scrollable
      maxHeight={420}
      onQueryChange={onSearch}
      searchProps={{
        placeholder: t`Pages and campaigns`,
        'aria-label': t`Search`,
        leftSection: <Icon name="search" />,
      }}
      nothingFound={t`No results.`}
    />
  );
}

Palette.open = spotlight.open;
