import { useLingui } from '@lingui/react/macro';

import { api, call, ifMatch, type Schemas } from '../../api';
import { type Around, useDeleting } from '../document/useDeleting';

type Wrapper = Pick<Schemas['Wrapper'], 'id' | 'name' | 'version'>;

/** Deletes a wrapper after asking. */
export function useDeletingWrapper(around: Around) {
  const { t } = useLingui();
  return useDeleting<Wrapper>(
    (it) => call(api.DELETE('/v1/wrappers/{wrapper}', { params: { path: { wrapper: it.id }, header: ifMatch(it) } })),
    {
      title: t`Delete this wrapper?`,
      text: ({ name }) =>
        t`${name} and all its versions will be deleted. Published emails keep it; drafts and templates that use it need another one.`,
      verb: t`Delete the wrapper`,
      done: ({ name }) => t`${name} was deleted.`,
    },
    around,
  );
}
