import { useLingui } from '@lingui/react/macro';
import { useMemo, useState } from 'react';

import { Group, Select, Text } from '../../ui';
import { including, languages, languageTag, regions, timeZones } from './choices';

type Props = { value: string; onChange: (value: string) => void; error: string | undefined };

/** How many choices are drawn at once; typing finds the others. */
const LIMIT = 60;

export function LanguageField({ value, onChange, error }: Props) {
  const { t, i18n } = useLingui();
  const [typed, setTyped] = useState('');
  const all = useMemo(() => languages(i18n.locale), [i18n.locale]);
  // A tag with a region, such as pt-BR, is not in the list and can be typed.
  const tag =
    typed.length >= 2 && typed.length <= 35 && /^[a-z]{2,3}(-\w+)+$/i.test(typed) ? languageTag(typed) : undefined;
  return (
    <Select
      label={t`Language`}
      description={t`Used for content that names no language.`}
      placeholder={t`English`}
      data={including(including(all, value), tag ?? '')}
      value={value === '' ? null : value}
      onChange={(chosen) => onChange(chosen ?? '')}
      onSearchChange={setTyped}
      error={error}
      searchable
      openOnFocus={false}
      clearable
      limit={LIMIT}
      nothingFoundMessage={t`Unknown language`}
      clearButtonProps={{ 'aria-label': t`Use English` }}
    />
  );
}

export function RegionField({ value, onChange, error }: Props) {
  const { t, i18n } = useLingui();
  const all = useMemo(() => regions(i18n.locale), [i18n.locale]);
  return (
    <Select
      label={t`Country`}
      description={t`Phone numbers without a country code are read as numbers of this country. Dates and amounts use its format.`}
      placeholder={t`None: numbers need a country code`}
      data={including(all, value)}
      value={value === '' ? null : value}
      onChange={(chosen) => onChange(chosen ?? '')}
      error={error}
      searchable
      openOnFocus={false}
      clearable
      limit={LIMIT}
      nothingFoundMessage={t`Unknown country`}
      clearButtonProps={{ 'aria-label': t`No country` }}
    />
  );
}

export function TimeZoneField({ value, onChange, error }: Props) {
  const { t, i18n } = useLingui();
  const [opened, setOpened] = useState(() => new Date());
  const data = useMemo(
    () =>
      including(
        timeZones().map((it) => ({ value: it, label: it.replaceAll('_', ' ') })),
        value,
      ),
    [value],
  );
  const timeIn = (zone: string) => {
    try {
      return new Intl.DateTimeFormat(i18n.locale, { timeStyle: 'short', timeZone: zone }).format(opened);
    } catch {
      return '';
    }
  };
  const now = timeIn(value === '' ? 'UTC' : value);
  return (
    <Select
      label={t`Time zone`}
      description={t`For times in messages and for schedules. It is ${now} there now.`}
      placeholder="UTC"
      data={data}
      value={value === '' ? null : value}
      onChange={(chosen) => onChange(chosen ?? '')}
      onDropdownOpen={() => setOpened(new Date())}
      renderOption={({ option }) => (
        <Group justify="space-between" wrap="nowrap" w="100%">
          <span>{option.label}</span>
          <Text size="sm" c="dimmed" component="span" className="figure">
            {timeIn(option.value)}
          </Text>
        </Group>
      )}
      error={error}
      searchable
      openOnFocus={false}
      clearable
      limit={LIMIT}
      nothingFoundMessage={t`Unknown time zone. Type the name of a large city in it.`}
      clearButtonProps={{ 'aria-label': t`Use UTC` }}
    />
  );
}
