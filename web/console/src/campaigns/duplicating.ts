import { useLingui } from '@lingui/react/macro';
import { useNavigate } from 'react-router';

import { api, call, useAction } from '../api';
import { notify } from '../ui';

/** Makes a draft with the same message and opens it. */
export function useDuplicate() {
  const { t } = useLingui();
  const navigate = useNavigate();
  return useAction(
    (campaign: string) => call(api.POST('/v1/campaigns/{campaign}/duplicate', { params: { path: { campaign } } })),
    {
      refresh: ['/v1/campaigns'],
      onDone: (copy) => {
        notify(t`This is the copy, a draft without receivers.`);
        void navigate(`/compose/${copy.id}`);
      },
    },
  );
}
