import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';

import { api, call, get, type Schemas, useAction } from '../../api';
import { Button, Group, Modal, ProblemNote, Radio, Select, Stack, TextInput } from '../../ui';
import { presetKinds } from './words';

/** A name, what it is for, and what to start from. */
export function NewPreset({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t, i18n } = useLingui();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<Schemas['PresetKind']>('one_way');
  const [from, setFrom] = useState('');
  const [missing, setMissing] = useState(false);
  const library = useQuery({ ...get('/v1/library'), enabled: opened });
  const create = useAction(
    async () => {
      const body: Schemas['PresetParts'] = { name: name.trim(), kind };
      if (from !== '') {
        const { content, priority } = await call(
          api.GET('/v1/library/{template}', { params: { path: { template: from } } }),
        );
        Object.assign(body, { content, priority });
      }
      return call(api.POST('/v1/presets', { body }));
    },
    { refresh: ['/v1/presets'], onDone: (made) => void navigate(`/presets/${made.id}`) },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(name.trim() === '');
    if (name.trim() !== '') create.mutate();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t`New preset`} closeButtonProps={{ 'aria-label': t`Close` }}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            label={t`Name`}
            placeholder={t`Evacuation`}
            data-autofocus
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setMissing(false);
            }}
            error={missing ? t`Give it a name that is easy to find in a hurry.` : create.error?.of('name')}
          />
          <Radio.Group
            label={t`Purpose`}
            value={kind}
            onChange={(it) => setKind(it as Schemas['PresetKind'])}
            error={create.error?.of('kind')}
          >
            <Group mt={6}>
              {Object.entries(presetKinds).map(([value, title]) => (
                <Radio key={value} value={value} label={i18n._(title)} />
              ))}
            </Group>
          </Radio.Group>
          <Select
            label={t`Start from`}
            value={from}
            onChange={(it) => setFrom(it ?? '')}
            data={[
              { value: '', label: t`Nothing` },
              ...(library.data?.templates ?? []).map((it) => ({ value: it.id, label: it.name })),
            ]}
          />
          <ProblemNote problem={create.error} shown={['name', 'kind']} />
          <Group justify="flex-end">
            <Button type="submit" loading={create.isPending}>
              <Trans>Create the preset</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
