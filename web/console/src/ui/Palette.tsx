import { useLingui } from '@lingui/react/macro';
import { Spotlight, spotlight, type SpotlightActionData } from '@mantine/spotlight';

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
      onQueryChange={onSearch}
      searchProps={{
        placeholder,
        'aria-label': t`Search`,
        leftSection: <Icon name="search" />,
      }}
      nothingFound={nothing}
    />
  );
}

Palette.open = spotlight.open;
