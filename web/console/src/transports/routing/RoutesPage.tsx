import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation } from 'react-router';

import { get, type Schemas } from '../../api';
import { everyChannel } from '../../campaigns/words';
import { Loading, Page, ProblemNote, Stack, useUnsaved } from '../../ui';
import { ChannelRoutes } from './ChannelRoutes';
import type { Plan } from './plan';

type Channel = Schemas['Channel'];

/** Which accounts of each channel are used for whom. */
export function RoutesPage() {
  const { t } = useLingui();
  const routes = useQuery(get('/v1/routes'));
  const transports = useQuery(get('/v1/transports'));
  const tenant = useQuery(get('/v1/tenant'));
  const [drafts, setDrafts] = useState<Partial<Record<Channel, Plan[]>>>({});
  useUnsaved(Object.values(drafts).some((it) => it !== undefined));
  const ready = routes.data !== undefined && transports.data !== undefined;
  useScrollToHash(ready);
  const problem = routes.error ?? transports.error;
  return (
    <Page
      title={t`Routes`}
      about={
        <Trans>
          Which account carries which messages, if a channel has several. Nothing changes until you save; then it takes
          effect within a minute.
        </Trans>
      }
    >
      <ProblemNote
        problem={problem}
        retry={() => {
          void routes.refetch();
          void transports.refetch();
        }}
      />
      {!ready ? (
        problem === null && <Loading rows={6} />
      ) : (
        <Stack gap="md">
          {everyChannel.map((channel) => (
            <ChannelRoutes
              key={channel}
              channel={channel}
              stored={routes.data.channels.find((it) => it.channel === channel)?.routes ?? []}
              accounts={transports.data.transports.filter((it) => it.channel === channel)}
              currency={tenant.data?.prices?.currency}
              draft={drafts[channel]}
              onDraft={(draft) => setDrafts((before) => ({ ...before, [channel]: draft }))}
            />
          ))}
        </Stack>
      )}
    </Page>
  );
}

/** Shows the channel that the address names, once there is something to scroll to. */
function useScrollToHash(ready: boolean) {
  const { hash } = useLocation();
  useEffect(() => {
    if (ready && hash !== '') document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [ready, hash]);
}
