import { useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useNavigate } from 'react-router';

import { api, call, useAction } from '../../api';
import { NewDocument } from '../document/NewDocument';
import { StartFrom } from '../document/StartFrom';

/** A name, and what to start from. */
export function NewTemplate({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [from, setFrom] = useState('');
  const create = useAction(
    (name: string) =>
      call(api.POST('/v1/templates', { body: from === '' ? { name, content: {} } : { name, library: from } })),
    { refresh: ['/v1/templates'], onDone: (made) => void navigate(`/templates/${made.id}`) },
  );
  return (
    <NewDocument
      opened={opened}
      onClose={onClose}
      title={t`New template`}
      verb={t`Create the template`}
      nameless={t`Give it a name that is easy to find.`}
      create={create}
    >
      <StartFrom value={from} onChange={setFrom} enabled={opened} />
    </NewDocument>
  );
}
