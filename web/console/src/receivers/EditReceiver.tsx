import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, call, type Schemas, useAction } from '../api';
import { Button, Drawer, Group, ProblemNote, Stack, Text } from '../ui';
import { emptyPerson, type Person, PersonFields, personOf } from './PersonFields';
import { personName } from './personName';
import { refreshReceivers } from './uploads';

type Receiver = Schemas['Receiver'];

type Props = {
  campaign: string;
  receiver: Receiver | undefined;
  onClose: () => void;
  onSaved: (receiver: Receiver) => void;
};

/** Corrects what is known about one receiver of this campaign. */
export function EditReceiver({ campaign, receiver, onClose, onSaved }: Props) {
  const { t } = useLingui();
  return (
    <Drawer
      opened={receiver !== undefined}
      onClose={onClose}
      title={receiver === undefined ? '' : personName(receiver)}
      closeButtonProps={{ 'aria-label': t`Close` }}
    >
      {receiver !== undefined && (
        <Form key={receiver.id} campaign={campaign} receiver={receiver} onClose={onClose} onSaved={onSaved} />
      )}
    </Drawer>
  );
}

function Form({ campaign, receiver, onClose, onSaved }: Props & { receiver: Receiver }) {
  const client = useQueryClient();
  const before = personOf(receiver);
  const [person, setPerson] = useState<Person>(before);
  const save = useAction(
    () =>
      call(
        api.PATCH('/v1/campaigns/{campaign}/receivers/{receiver}', {
          params: { path: { campaign, receiver: receiver.id } },
          body: changesOf(before, person),
        }),
      ),
    {
      refresh: [],
      onDone: (changed) => {
        onSaved(changed);
        // A new address may be one that somebody else has, which changes their switches too.
        if (before.email !== person.email || before.mobile !== person.mobile) void refreshReceivers(client, campaign);
        onClose();
      },
    },
  );
  const removed = (['first_name', 'last_name', 'email', 'mobile', 'language'] as const).filter(
    (it) => before[it] !== '' && person[it].trim() === '',
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack>
        <PersonFields
          value={person}
          onChange={setPerson}
          error={(field) => save.error?.of(field)}
          names={Object.keys(receiver.variables)}
        />
        {removed.length > 0 && (
          <Text size="sm" c="dimmed">
            <Trans>Clearing a field keeps its old value. To leave somebody out, remove them.</Trans>
          </Text>
        )}
        <ProblemNote problem={save.error} shown={Object.keys(emptyPerson)} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Close</Trans>
          </Button>
          <Button type="submit" loading={save.isPending}>
            <Trans>Save</Trans>
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function changesOf(before: Person, after: Person): Schemas['ChangeReceiver'] {
  const fields = (['first_name', 'last_name', 'email', 'mobile', 'language'] as const)
    .filter((it) => after[it].trim() !== '' && after[it].trim() !== before[it])
    .map((it) => [it, after[it].trim()]);
  const values = after.variables.filter(
    ({ name, value }) => name.trim() !== '' && !before.variables.some((it) => it.name === name && it.value === value),
  );
  return {
    ...Object.fromEntries(fields),
    ...(values.length === 0
      ? {}
      : { variables: Object.fromEntries(values.map(({ name, value }) => [name.trim(), value])) }),
  } as Schemas['ChangeReceiver'];
}
