import { useLingui } from '@lingui/react/macro';

import { SearchField } from '../ui';

/** The longest search that the API takes. */
const LONGEST = 100;

type Props = { value: string; onChange: (words: string) => void };

/** The search for people of a campaign. */
export function PersonSearch({ value, onChange }: Props) {
  const { t } = useLingui();
  return (
    <SearchField
      wide
      label={t`Find people by name, email address or phone number`}
      placeholder={t`Name, email address or phone number`}
      value={value}
      onChange={(words) => onChange(words.trimStart().slice(0, LONGEST))}
    />
  );
}
