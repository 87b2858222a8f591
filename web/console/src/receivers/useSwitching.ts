import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

import { get, LIVE, type Schemas } from '../api';
import { refreshSwitches } from './uploads';

type Job = Schemas['Job'];

/** What was asked for when a channel was switched for everybody. The API's answers about the job do not say it. */
export type Switched = Schemas['SwitchReceivers'];

const asked = new Map<string, Switched>();

const jobsQuery = get('/v1/jobs', { params: { query: { limit: 200 } } });

function ofCampaign(jobs: Schemas['JobList'] | undefined, campaign: string): Job | undefined {
  // The newest job comes first.
  return jobs?.jobs.find((it) => it.kind === 'switch' && it.campaign === campaign);
}

/** Whether it is known that a channel is being switched for everybody in a campaign. */
export function isBeingSwitched(client: QueryClient, campaign: string): boolean {
  return ofCampaign(client.getQueryData(jobsQuery.queryKey), campaign)?.status === 'running';
}

/** What was asked for, if it was in this tab. */
export function whatIsSwitched(job: Job): Switched | undefined {
  return asked.get(job.id);
}

/** Puts the newest answer about a job in its place among the others, or at their beginning. */
export function keepJob(client: QueryClient, job: Job, switched?: Switched) {
  if (switched !== undefined) asked.set(job.id, switched);
  client.setQueryData(get('/v1/jobs/{job}', { params: { path: { job: job.id } } }).queryKey, job);
  client.setQueryData(jobsQuery.queryKey, (known) => {
    if (known === undefined) return { jobs: [job] };
    const isKnown = known.jobs.some((it) => it.id === job.id);
    return { ...known, jobs: isKnown ? known.jobs.map((it) => (it.id === job.id ? job : it)) : [job, ...known.jobs] };
  });
}

/**
 * The last job that switched a channel for everybody in a campaign, followed to its end. Somebody else may have started it,
 * so the jobs are looked at whenever the draft is held.
 */
export function useSwitching(campaign: string, loading: boolean): Job | undefined {
  const client = useQueryClient();
  const enabled = loading && !isBeingSwitched(client, campaign);
  const jobs = useQuery({ ...jobsQuery, enabled, staleTime: 0, refetchOnWindowFocus: false });
  const last = ofCampaign(jobs.data, campaign);
  const { data: newest } = useQuery({
    ...get('/v1/jobs/{job}', { params: { path: { job: last?.id ?? '' } } }),
    enabled: last?.status === 'running',
    refetchInterval: ({ state }) => (state.data === undefined || state.data.status === 'running' ? LIVE : false),
  });
  useEffect(() => {
    if (newest === undefined) return;
    if (newest.status === 'running') keepJob(client, newest);
    // The switches that are shown change before it is said that they have.
    else void refreshSwitches(client, campaign).then(() => keepJob(client, newest));
  }, [client, campaign, newest]);
  // A job that was stopped goes on for some seconds, and holds the draft that long.
  const canceled = last?.status === 'canceled';
  const before = useRef(loading);
  useEffect(() => {
    if (before.current && !loading && canceled) void refreshSwitches(client, campaign);
    before.current = loading;
  }, [client, campaign, loading, canceled]);
  return last;
}
