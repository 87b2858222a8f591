import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useNavigate } from 'react-router';

import { api, call, type Schemas, useAction } from '../../api';
import { Group, Radio } from '../../ui';
import { NewDocument } from '../document/NewDocument';
import { StartFrom } from '../document/StartFrom';
import { presetKinds } from './words';

/** A name, what it is for, and what to start from. */
export function NewPreset({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t, i18n } = useLingui();
  const navigate = useNavigate();
  const [kind, setKind] = useState<Schemas['PresetKind']>('one_way');
  const [from, setFrom] = useState('');
  const create = useAction(
    async (name: string) => {
      const body: Schemas['PresetParts'] = { name, kind };
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
  return (
    <NewDocument
      opened={opened}
      onClose={onClose}
      title={t`New preset`}
      verb={t`Create the preset`}
      placeholder={t`Evacuation`}
      nameless={t`Give it a name that is easy to find in a hurry.`}
      create={create}
      shown={['kind']}
    >
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
      <StartFrom value={from} onChange={setFrom} enabled={opened} />
    </NewDocument>
  );
}
