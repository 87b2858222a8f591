import { replaceEqualDeep, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';

import { get, LIVE, type Schemas } from '../api';
import { perSecond, type Sample, taken } from './pace';
import { type Change, type Figures, whyLower } from './totals';

type Campaign = Schemas['Campaign'];

/** For how long after its end a campaign is still looked at now and then: providers report deliveries and bounces late. */
const AFTERMATH = 3 * 60_000;

/** A campaign, read again and again while it is being sent. */
export function useCampaign(id: string, every: number = LIVE) {
  return useQuery({
    ...get('/v1/campaigns/{campaign}', { params: { path: { campaign: id } } }),
    structuralSharing: newest,
    refetchInterval: ({ state: { data } }) => {
      if (data === undefined) return false;
      if (isMoving(data)) return every;
      return data.completed_at != null && Date.now() - Date.parse(data.completed_at) < AFTERMATH ? 5 * LIVE : false;
    },
  });
}

/** Whether anything of a campaign may change by itself: it is being sent, or calls to providers have not ended. */
export function isMoving({ status, totals }: Campaign): boolean {
  return status === 'published' || Object.values(totals.channels).some(({ claimed }) => claimed > 0);
}

/** Of two answers about the same campaign, an older version never replaces a newer one. */
function newest(before: unknown, after: unknown): unknown {
  const [old, recent] = [before as Campaign | undefined, after as Campaign];
  return old !== undefined && old.version > recent.version ? old : replaceEqualDeep(before, after);
}

/** Messages per second, measured while the page is open. */
export function usePace(finished: number, at: number, moving: boolean): number | undefined {
  const [samples, setSamples] = useState<Sample[]>([]);
  useEffect(() => {
    setSamples((it) => (moving ? taken(it, { at, finished }) : []));
  }, [at, finished, moving]);
  return perSecond(samples);
}

/** Why a figure has gone down since the page was opened. */
export function useChange(figures: Figures | undefined): Change | undefined {
  const before = useRef<Figures>(undefined);
  const [change, setChange] = useState<Change>();
  useEffect(() => {
    const why = before.current !== undefined && figures !== undefined ? whyLower(before.current, figures) : undefined;
    before.current = figures;
    if (why !== undefined) setChange(why);
  }, [figures]);
  return change;
}

/** Reads everything about campaigns again after an act. Of a long list only its first page, else each page is asked for. */
export function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(async () => {
    client.setQueriesData<{ pages: unknown[]; pageParams: unknown[] }>(
      { queryKey: ['/v1/campaigns/{campaign}/deliveries', 'pages'] },
      (it) => it && { pages: it.pages.slice(0, 1), pageParams: it.pageParams.slice(0, 1) },
    );
    await client.invalidateQueries({
      predicate: ({ queryKey: [path] }) => typeof path === 'string' && path.startsWith('/v1/campaigns'),
    });
  }, [client]);
}
