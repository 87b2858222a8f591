import { useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { get } from '../../api';
import { personName } from '../../receivers/personName';
import { Select, useDebouncedValue } from '../../ui';
import { useComposed } from '../draft/useDraft';

type Props = { value: string; onChange: (receiver: string) => void };

type Chosen = { value: string; label: string };

/** One of the receivers, however many there are: they are looked for as one types. */
export function ReceiverSelect({ value, onChange }: Props) {
  const { t } = useLingui();
  const { campaign } = useComposed();
  const nobody = { value: '', label: t`Sample person` };
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<Chosen>(nobody);
  const [settled] = useDebouncedValue(typed.trim().slice(0, 100), 300);
  // What stands in the field after choosing is the name of the chosen one, not a search.
  const search = settled === chosen.label ? '' : settled;
  const receivers = useQuery({
    ...get('/v1/campaigns/{campaign}/receivers', {
      params: { path: { campaign: campaign.id }, query: { limit: 50, ...(search === '' ? {} : { search }) } },
    }),
    enabled: campaign.totals.receivers > 0,
    placeholderData: keepPreviousData,
  });
  const found = (receivers.data?.receivers ?? []).map((it) => ({ value: it.id, label: personName(it) }));
  const known = [...(search === '' ? [nobody] : []), ...found];
  // A person who is chosen and not among those that were found stays chosen.
  const data = value === '' || known.some((it) => it.value === value) ? known : [...known, { ...chosen, value }];
  const waiting = receivers.isFetching || settled !== typed.trim();
  return (
    <Select
      label={t`Preview for`}
      w={240}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options }) => options}
      nothingFoundMessage={waiting ? t`Searching…` : t`Nobody found`}
      data={data}
      value={value}
      allowDeselect={false}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(id, option) => {
        setChosen(option ?? nobody);
        onChange(id ?? '');
      }}
    />
  );
}
