import { Trans, useLingui } from '@lingui/react/macro';

import { Button, FileButton, Group, PasswordInput, Select, Stack, Textarea, TextInput } from '../../ui';
import type { Placed } from './layout';
import { NamedEntries } from './NamedEntries';
import type { Values } from './values';

type Props = {
  placed: Placed;
  values: Values;
  onChange: (changes: Values) => void;
  errorAt: (place: string) => string | undefined;
};

/** A field as the vendor's description says it is entered. */
export function VendorInput({ placed: { place, field }, values, onChange, errorAt }: Props) {
  const { t } = useLingui();
  if (field.input === 'named') {
    return <NamedEntries place={place} field={field} values={values} onChange={onChange} errorAt={errorAt} />;
  }
  const value = values[place] ?? '';
  const set = (text: string) => onChange({ [place]: text });
  const common = {
    label: field.label,
    description: field.help === '' ? undefined : field.help,
    error: errorAt(place),
    withAsterisk: field.required,
    'aria-required': field.required,
    name: place,
  };
  if (field.input === 'choice') {
    return (
      <Select
        {...common}
        data={(field.choices ?? []).map((it) => ({ value: it.value, label: it.label }))}
        value={value === '' ? null : value}
        onChange={(chosen) => set(chosen ?? '')}
        placeholder={field.required ? t`Choose` : t`Provider’s default`}
        clearable={!field.required}
      />
    );
  }
  const typing = {
    ...common,
    value,
    placeholder: field.secret || field.example === '' ? undefined : t`For example ${field.example}`,
    onChange: (event: { currentTarget: { value: string } }) => set(event.currentTarget.value),
    spellCheck: false,
  };
  if (field.input === 'lines') {
    return (
      <Stack gap={4}>
        <Textarea
          {...typing}
          autoComplete="off"
          minRows={4}
          maxRows={12}
          styles={{ input: { fontFamily: 'monospace' } }}
        />
        {field.secret && (
          <Group>
            <FileButton onChange={(file) => void file?.text().then((text) => set(text))}>
              {(props) => (
                <Button {...props} size="compact-sm" variant="default">
                  <Trans>Read from a file</Trans>
                </Button>
              )}
            </FileButton>
          </Group>
        )}
      </Stack>
    );
  }
  // A new password, so that browsers offer neither to fill it in nor a stored one.
  return field.secret ? (
    <PasswordInput {...typing} autoComplete="new-password" />
  ) : (
    <TextInput {...typing} autoComplete="off" />
  );
}
