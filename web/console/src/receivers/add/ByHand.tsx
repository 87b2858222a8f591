import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, call, type Schemas, useAction } from '../../api';
import { Button, Group, Objection, ProblemNote, Stack, Text } from '../../ui';
import { emptyPerson, type Person, PersonFields } from '../PersonFields';
import { refreshReceivers } from '../uploads';

/** Adds one person after the other. */
export function ByHand({ campaign, names }: { campaign: string; names: string[] }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const [person, setPerson] = useState<Person>(emptyPerson);
  const [last, setLast] = useState('');
  const [asked, setAsked] = useState(false);
  const add = useAction(
    () =>
      call(
        api.POST('/v1/campaigns/{campaign}/receivers', {
          params: { path: { campaign } },
          body: { receivers: [receiverOf(person)] },
        }),
      ) as Promise<Schemas['AddedReceivers']>,
    {
      refresh: [],
      onDone: (added) => {
        const name = [person.first_name, person.last_name].join(' ').trim() || person.email || person.mobile;
        setLast(
          added.added > 0
            ? t`${name} was added.`
            : added.corrected > 0
              ? t`${name} was already in this campaign and has been updated.`
              : t`${name} is already in this campaign. Nothing was changed.`,
        );
        setPerson(emptyPerson);
        setAsked(false);
        document.getElementById('add-first-name')?.focus();
        void refreshReceivers(client, campaign);
      },
    },
  );
  const bare = person.email.trim() === '' && person.mobile.trim() === '';
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(bare);
        if (bare) document.querySelector<HTMLInputElement>('#add-by-hand [inputmode="email"]')?.focus();
        else add.mutate();
      }}
    >
      <Stack gap="sm" id="add-by-hand">
        <PersonFields
          id="add-first-name"
          value={person}
          onChange={setPerson}
          names={names}
          error={(field) => add.error?.of(`receivers[0].${field}`)}
        />
        <ProblemNote problem={add.error} shown={Object.keys(emptyPerson).map((field) => `receivers[0].${field}`)} />
        <Group>
          <Button type="submit" loading={add.isPending}>
            <Trans>Add this person</Trans>
          </Button>
          {asked && bare && (
            <Objection>
              <Trans>Enter an email address or a mobile number.</Trans>
            </Objection>
          )}
          <Text size="sm" role="status" c="dimmed">
            {last}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}

function receiverOf(person: Person): Schemas['NewReceiver'] {
  const { variables, ...fields } = person;
  const given = Object.entries(fields).flatMap(([field, value]) =>
    value.trim() === '' ? [] : [[field, value.trim()] as const],
  );
  const values = variables.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]);
  return {
    ...Object.fromEntries(given),
    ...(values.length === 0 ? {} : { variables: Object.fromEntries(values) }),
  } as Schemas['NewReceiver'];
}
