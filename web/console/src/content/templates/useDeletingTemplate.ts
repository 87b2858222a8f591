import { useLingui } from '@lingui/react/macro';

import { api, call, ifMatch, type Schemas } from '../../api';
import { type Around, useDeleting } from '../document/useDeleting';

type Template = Pick<Schemas['Template'], 'id' | 'name' | 'version'>;

/** Deletes a template after asking. */
export function useDeletingTemplate(around: Around) {
  const { t } = useLingui();
  return useDeleting<Template>(
    (it) =>
      call(api.DELETE('/v1/templates/{template}', { params: { path: { template: it.id }, header: ifMatch(it) } })),
    {
      title: t`Delete this template?`,
      text: ({ name }) =>
        t`${name} and all its versions will be deleted. Campaigns that were started from it are not affected.`,
      verb: t`Delete the template`,
      done: ({ name }) => t`${name} was deleted.`,
    },
    around,
  );
}
