import { queryOptions } from '@tanstack/react-query';

import { api, call, LIVE, type Problem, type Schemas } from '../../api';

type Preflight = Schemas['Preflight'];

/**
 * The check of everything before sending. A check that is over is made anew when it is asked for, because receivers may have
 * changed since; one that is running is followed.
 */
export function preflightQuery(campaign: string) {
  const queryKey = ['/v1/campaigns/{campaign}/preflight', campaign];
  return queryOptions<Preflight, Problem>({
    queryKey,
    queryFn: ({ signal, client }) => {
      const running = client.getQueryData<Preflight>(queryKey)?.status === 'running';
      const query = running ? {} : { fresh: true };
      const params = { path: { campaign }, query };
      return call(api.GET('/v1/campaigns/{campaign}/preflight', { params, signal }));
    },
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchInterval: (it) => (it.state.data?.status === 'running' ? LIVE : false),
  });
}
