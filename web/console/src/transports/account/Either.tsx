import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import { Fieldset, Radio, Stack } from '../../ui';
import type { Placed } from './layout';
import type { Values } from './values';
import { VendorInput } from './VendorInput';
import { useListed } from './listed';

type Props = {
  groups: Placed[][];
  required: boolean;
  values: Values;
  onChange: (changes: Values) => void;
  errorAt: (place: string) => string | undefined;
};

const NEITHER = -1;

/** Groups of fields that exclude each other: which one, and its fields. What was entered for another one is dropped. */
export function Either({ groups, required, values, onChange, errorAt }: Props) {
  const { t } = useLingui();
  const { all } = useListed();
  const begun = groups.findIndex((group) => group.some(({ place }) => (values[place] ?? '') !== ''));
  const [chosen, setChosen] = useState(begun >= 0 ? begun : required ? 0 : NEITHER);
  const choose = (index: number) => {
    setChosen(index);
    const others = groups.filter((_, other) => other !== index).flat();
    onChange(Object.fromEntries(others.map(({ place }) => [place, ''])));
  };
  const nameOf = (group: Placed[]) => all(group.map(({ field }) => field.label));
  return (
    <Fieldset>
      <Stack gap="sm">
        <Radio.Group
          label={t`Which of these do you have?`}
          value={String(chosen)}
          onChange={(value) => choose(Number(value))}
        >
          <Stack gap={6} mt={6}>
            {groups.map((group, index) => (
              <Radio key={nameOf(group)} value={String(index)} label={nameOf(group)} />
            ))}
            {!required && <Radio value={String(NEITHER)} label={t`None of them`} />}
          </Stack>
        </Radio.Group>
        {groups[chosen]?.map((placed) => (
          <VendorInput
            key={placed.place}
            placed={{ ...placed, field: { ...placed.field, required: true } }}
            values={values}
            onChange={onChange}
            errorAt={errorAt}
          />
        ))}
      </Stack>
    </Fieldset>
  );
}
