import { useState } from 'react';

import { api, call, type Schemas, useAction } from '../api';
import { useRefresh } from './campaign';

/** Which messages are meant. */
export type Wanted = Omit<Schemas['SettleBody'], 'cursor'>;

type How = 'resend' | 'assume-sent';

/** Sends messages again, or closes those of which it is not known whether they were sent: as many calls as it takes. */
export function useSettle(campaign: string, how: How, onDone: (changed: number) => void) {
  const refresh = useRefresh();
  const [changed, setChanged] = useState(0);
  const action = useAction<Wanted, number>(
    async (wanted) => {
      let sum = 0;
      let cursor: string | undefined;
      setChanged(0);
      try {
        do {
          const options = { params: { path: { campaign } }, body: { ...wanted, cursor } };
          // Each call continues where the one before it ended.
          // oxlint-disable-next-line no-await-in-loop
          const answer = await call(
            how === 'resend'
              ? api.POST('/v1/campaigns/{campaign}/deliveries/resend', options)
              : api.POST('/v1/campaigns/{campaign}/deliveries/assume-sent', options),
          );
          sum += answer.changed;
          setChanged(sum);
          cursor = answer.more ? (answer.next_cursor ?? undefined) : undefined;
        } while (cursor !== undefined);
      } finally {
        await refresh();
      }
      return sum;
    },
    { refresh: [], onDone: (sum) => onDone(sum) },
  );
  return { ...action, changed };
}
