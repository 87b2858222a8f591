import { useLingui } from '@lingui/react/macro';

import { api, call, useAction } from '../api';
import { notify } from '../ui';

/** How many the API takes by name in one request. */
export const MOST_AT_ONCE = 100;

/** Tries what was given up once more: some, or all that wait. */
export function useRedrive(onDone: () => void) {
  const { t } = useLingui();
  return useAction(
    async (ids: string[] | 'all') => {
      let redriven = 0;
      let closed = 0;
      let more = true;
      while (more) {
        const body = ids === 'all' ? { all: true } : { ids };
        // Each request takes the next hundred, so that they follow one another.
        // oxlint-disable-next-line no-await-in-loop
        const result = await call(api.POST('/v1/dead-letters/redrive', { body }));
        redriven += result.redriven;
        closed += result.closed;
        more = ids === 'all' && result.more && result.redriven + result.closed > 0;
      }
      return { redriven, closed };
    },
    {
      refresh: ['/v1/dead-letters', '/v1/jobs', '/v1/campaigns', '/v1/imports'],
      onDone: ({ redriven, closed }) => {
        onDone();
        if (closed === 0) notify(t`Tried again: ${redriven}.`);
        else notify(t`Tried again: ${redriven}. Already resolved: ${closed}.`);
      },
    },
  );
}
