import { useLingui } from '@lingui/react/macro';
import { useNavigate } from 'react-router';

import { api, call, useAction } from '../../api';
import { NewDocument } from '../document/NewDocument';

/** A name; everything else has a default. */
export function NewWrapper({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const create = useAction((name: string) => call(api.POST('/v1/wrappers', { body: { name } })), {
    refresh: ['/v1/wrappers'],
    onDone: (made) => void navigate(`/wrappers/${made.id}`),
  });
  return (
    <NewDocument
      opened={opened}
      onClose={onClose}
      title={t`New wrapper`}
      verb={t`Create the wrapper`}
      description={t`For example the name of your organization. It starts as a plain frame.`}
      nameless={t`Give it a name that is easy to find.`}
      create={create}
    />
  );
}
