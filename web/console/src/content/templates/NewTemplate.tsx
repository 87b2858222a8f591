import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';

import { api, call, get, useAction } from '../../api';
import { Button, Group, Modal, ProblemNote, Select, Stack, TextInput } from '../../ui';

/** A name, and what to start from. */
export function NewTemplate({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [from, setFrom] = useState('');
  const [missing, setMissing] = useState(false);
  const library = useQuery({ ...get('/v1/library'), enabled: opened });
  const create = useAction(
    () =>
      call(
        api.POST('/v1/templates', {
          body: from === '' ? { name: name.trim(), content: {} } : { name: name.trim(), library: from },
        }),
      ),
    { refresh: ['/v1/templates'], onDone: (made) => void navigate(`/templates/${made.id}`) },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(name.trim() === '');
    if (name.trim() !== '') create.mutate();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t`New template`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            label={t`Name`}
            data-autofocus
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setMissing(false);
            }}
            error={missing ? t`Give it a name that is easy to find.` : create.error?.of('name')}
          />
          <Select
            label={t`Start from`}
            value={from}
            onChange={(it) => setFrom(it ?? '')}
            data={[
              { value: '', label: t`Nothing` },
              ...(library.data?.templates ?? []).map((it) => ({ value: it.id, label: it.name })),
            ]}
          />
          <ProblemNote problem={create.error} shown={['name']} />
          <Group justify="flex-end">
            <Button type="submit" loading={create.isPending}>
              <Trans>Create the template</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
