import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get } from '../../api';
import { Select } from '../../ui';

type Props = {
  /** The id of a text of the library; empty for nothing. */
  value: string;
  onChange: (value: string) => void;
  /** Whether it is on the screen. */
  enabled: boolean;
};

/** The text of the library with which a new document begins. */
export function StartFrom({ value, onChange, enabled }: Props) {
  const { t } = useLingui();
  const library = useQuery({ ...get('/v1/library'), enabled });
  return (
    <Select
      label={t`Start from`}
      value={value}
      onChange={(it) => onChange(it ?? '')}
      data={[
        { value: '', label: t`Nothing` },
        ...(library.data?.templates ?? []).map((it) => ({ value: it.id, label: it.name })),
      ]}
    />
  );
}
