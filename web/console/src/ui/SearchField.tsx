import { useLingui } from '@lingui/react/macro';
import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';

import { Icon } from './Icon';

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  /** For what is longer than one word. */
  wide?: boolean;
};

/** A search that runs as one types, and whose words the page keeps in its address. */
export function SearchField({ label, value, onChange, placeholder, wide = false }: Props) {
  const { t } = useLingui();
  const [typed, setTyped] = useState(value);
  const search = useDebouncedCallback(onChange, 300);
  useEffect(() => setTyped(value), [value]);
  const set = (words: string) => {
    setTyped(words);
    search(words);
  };
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder ?? label}
      value={typed}
      onChange={(event) => set(event.currentTarget.value)}
      leftSection={<Icon name="search" size={16} />}
      rightSection={typed !== '' && <CloseButton size="sm" aria-label={t`Clear`} onClick={() => set('')} />}
      w={{ base: '100%', xs: wide ? 360 : 260 }}
    />
  );
}
