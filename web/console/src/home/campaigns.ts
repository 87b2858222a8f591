import { useQuery } from '@tanstack/react-query';

import { get, LIVE, type Schemas } from '../api';
import { startOf } from '../campaigns/StartTime';

type Summary = Schemas['CampaignSummary'];
type Status = Schemas['CampaignStatus'];

const NEWEST = 100;
const SOON = 60 * 60_000;

/**
 * The newest campaigns. Whoever has more than these is asked about older ones that still matter as well: a campaign can wait
 * for half a year.
 */
export function useNewest() {
  const newest = useQuery({
    ...get('/v1/campaigns', { params: { query: { limit: NEWEST } } }),
    refetchInterval: ({ state }) => interval(state.data?.campaigns ?? []),
  });
  const more = newest.data?.next_cursor != null;
  const older = (status: Status) => ({
    ...get('/v1/campaigns', { params: { query: { status, limit: NEWEST } } }),
    enabled: more,
  });
  const published = useQuery(older('published'));
  const paused = useQuery(older('paused'));
  const scheduled = useQuery(older('scheduled'));
  const known = new Set(newest.data?.campaigns.map(({ id }) => id));
  const rest = [published, paused, scheduled]
    .flatMap(({ data }) => data?.campaigns ?? [])
    .filter(({ id }) => !known.has(id));
  return {
    campaigns: newest.data === undefined ? undefined : [...newest.data.campaigns, ...rest],
    problem: newest.error,
    retry: () => void newest.refetch(),
  };
}

/** How often to look whether something has begun or ended. */
function interval(campaigns: Summary[]): number | false {
  if (campaigns.some(({ status }) => status === 'published')) return 5 * LIVE;
  const soon = campaigns.some((it) => it.status === 'scheduled' && Date.parse(startOf(it)) - Date.now() < SOON);
  return soon ? 15 * LIVE : false;
}
