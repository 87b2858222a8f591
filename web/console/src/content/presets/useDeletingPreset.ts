import { useLingui } from '@lingui/react/macro';

import { api, call, ifMatch, type Schemas } from '../../api';
import { type Around, useDeleting } from '../document/useDeleting';

type Preset = Pick<Schemas['Preset'], 'id' | 'name' | 'version'>;

/** Deletes a preset after asking. */
export function useDeletingPreset(around: Around) {
  const { t } = useLingui();
  return useDeleting<Preset>(
    (it) => call(api.DELETE('/v1/presets/{preset}', { params: { path: { preset: it.id }, header: ifMatch(it) } })),
    {
      title: t`Delete this preset?`,
      text: ({ name }) =>
        t`${name} will be deleted for everyone. Campaigns that were started from it are not affected.`,
      verb: t`Delete the preset`,
      done: ({ name }) => t`${name} was deleted.`,
    },
    around,
  );
}
