import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { ActionIcon, Autocomplete, Button, Group, Icon, Stack, Text, TextInput } from '../ui';

export type Person = {
  first_name: string;
  last_name: string;
  email: string;
  mobile: string;
  language: string;
  variables: { name: string; value: string }[];
};

export const emptyPerson: Person = {
  first_name: '',
  last_name: '',
  email: '',
  mobile: '',
  language: '',
  variables: [],
};

export function personOf(receiver: Schemas['Receiver']): Person {
  return {
    first_name: receiver.first_name ?? '',
    last_name: receiver.last_name ?? '',
    email: receiver.email ?? '',
    mobile: receiver.mobile ?? '',
    language: receiver.language ?? '',
    variables: Object.entries(receiver.variables)
      // Lists and objects are not for a field of one line.
      .filter(([, value]) => typeof value !== 'object')
      .map(([name, value]) => ({ name, value: String(value) })),
  };
}

type Props = {
  value: Person;
  onChange: (value: Person) => void;
  /** What the API says about a field. */
  error: (field: string) => string | undefined;
  /** Names of values that the message uses. */
  names: string[];
  /** The id of the first field, to put the focus there. */
  id?: string;
};

/** What is known about one person, to be typed. */
export function PersonFields({ value, onChange, error, names, id }: Props) {
  const { t } = useLingui();
  const set = (changed: Partial<Person>) => onChange({ ...value, ...changed });
  const setVariable = (at: number, changed: Partial<Person['variables'][number]>) =>
    set({ variables: value.variables.map((it, place) => (place === at ? { ...it, ...changed } : it)) });
  return (
    <Stack gap="sm">
      <div className="fields">
        <TextInput
          id={id}
          label={t`First name`}
          autoComplete="off"
          maxLength={100}
          value={value.first_name}
          onChange={(event) => set({ first_name: event.currentTarget.value })}
          error={error('first_name')}
        />
        <TextInput
          label={t`Last name`}
          autoComplete="off"
          maxLength={100}
          value={value.last_name}
          onChange={(event) => set({ last_name: event.currentTarget.value })}
          error={error('last_name')}
        />
        <TextInput
          label={t`Email`}
          // The browser's own check refuses addresses that are good.
          inputMode="email"
          autoComplete="off"
          value={value.email}
          onChange={(event) => set({ email: event.currentTarget.value })}
          error={error('email')}
        />
        <TextInput
          label={t`Mobile number`}
          type="tel"
          autoComplete="off"
          placeholder="+44 …"
          value={value.mobile}
          onChange={(event) => set({ mobile: event.currentTarget.value })}
          error={error('mobile')}
        />
        <TextInput
          label={t`Language`}
          placeholder={t`for example en or de-AT`}
          autoComplete="off"
          value={value.language}
          onChange={(event) => set({ language: event.currentTarget.value })}
          error={error('language')}
        />
      </div>
      {value.variables.length > 0 && (
        <Text size="sm" fw={500}>
          <Trans>Values for placeholders</Trans>
        </Text>
      )}
      {value.variables.map((it, at) => (
        // A name is being typed here, so it cannot be the key.
        // oxlint-disable-next-line react/no-array-index-key
        <Group key={at} gap="xs" align="flex-end" wrap="nowrap">
          <Autocomplete
            label={t`Name`}
            data={names.filter((name) => !value.variables.some((other) => other !== it && other.name === name))}
            value={it.name}
            onChange={(name) => setVariable(at, { name })}
            style={{ flex: 1 }}
          />
          <TextInput
            label={t`Value`}
            autoComplete="off"
            value={it.value}
            onChange={(event) => setVariable(at, { value: event.currentTarget.value })}
            error={error(`variables.${it.name}`)}
            style={{ flex: 1 }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t`Remove ${it.name}`}
            onClick={() => set({ variables: value.variables.filter((_, place) => place !== at) })}
          >
            <Icon name="cross" size={16} />
          </ActionIcon>
        </Group>
      ))}
      {error('variables') !== undefined && (
        <Text size="sm" style={{ color: 'var(--bad)' }}>
          {error('variables')}
        </Text>
      )}
      <Group>
        <Button
          variant="subtle"
          size="xs"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => set({ variables: [...value.variables, { name: '', value: '' }] })}
        >
          <Trans>Add a value for a placeholder</Trans>
        </Button>
      </Group>
    </Stack>
  );
}
