import { Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useState } from 'react';

import { Button, Group, Icon, TextInput } from '../ui';

type Props = { label: string; value: string; onSearch: (address: string) => void; problem?: string };

/** A search for one address. It has to be complete, so it runs when the person says so and not as they type. */
export function AddressSearch({ label, value, onSearch, problem }: Props) {
  const { t } = useLingui();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  return (
    <form
      role="search"
      style={{ flex: '1 1 260px', maxWidth: 420 }}
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(typed.trim());
      }}
    >
      <Group gap={6} wrap="nowrap" align="flex-start">
        <TextInput
          type="search"
          aria-label={label}
          placeholder={label}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            if (event.currentTarget.value === '') onSearch('');
          }}
          leftSection={<Icon name="search" size={16} />}
          error={problem}
          style={{ flex: 1 }}
        />
        <Button type="submit" variant="default" aria-label={t`Find the address`}>
          <Trans>Find</Trans>
        </Button>
      </Group>
    </form>
  );
}
