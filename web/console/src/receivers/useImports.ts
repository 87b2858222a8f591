import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

import { get, LIVE, type Schemas } from '../api';
import { fileName, filesOf } from './knownFiles';
import { refreshReceivers } from './uploads';

type ImportStatus = Schemas['ImportStatus'];

const atWork: ReadonlySet<ImportStatus> = new Set(['uploaded', 'queued', 'checking', 'loading']);

export function isAtWork(status: ImportStatus): boolean {
  return atWork.has(status);
}

/** A file of a campaign: its name, if this browser knows it, and how far it is. */
export type CampaignFile = { id: string; name: string | undefined; shown: Schemas['ShownImport'] | undefined };

/** The files that were added to a campaign, from this browser or another one. */
export function useImports(campaign: string): CampaignFile[] {
  const client = useQueryClient();
  const jobs = useQuery({ ...get('/v1/jobs', { params: { query: { limit: 200 } } }), staleTime: 30_000 });
  const known = filesOf(campaign).map((it) => it.import);
  const found = (jobs.data?.jobs ?? []).flatMap((it) =>
    it.kind === 'import' && it.campaign === campaign && it.import != null ? [it.import] : [],
  );
  const ids = [...new Set([...found.toReversed(), ...known])];
  const answers = useQueries({
    queries: ids.map((id) => ({
      ...get('/v1/imports/{import}', { params: { path: { import: id }, query: { limit: 1 } } }),
      // Together with the campaign itself, no more than one request in two seconds.
      refetchInterval: (it: { state: { data?: Schemas['ShownImport'] } }) =>
        it.state.data !== undefined && isAtWork(it.state.data.status) ? 1.25 * ids.length * LIVE : false,
    })),
  });
  const working = answers.filter((it) => it.data !== undefined && isAtWork(it.data.status)).length;
  const before = useRef(working);
  useEffect(() => {
    if (working < before.current) void refreshReceivers(client, campaign);
    before.current = working;
  }, [working, campaign, client]);
  return ids
    .map((id, index) => ({ id, name: fileName(id), shown: answers[index]?.data }))
    .filter(({ shown }) => shown === undefined || shown.campaign == null || shown.campaign === campaign);
}
