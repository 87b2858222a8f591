import { QueryClient } from '@tanstack/react-query';

import { asProblem } from '../api/problem';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The API's answers 4xx stay the same when asked again.
      retry: (failures, error) => failures < 2 && asProblem(error).isTemporary,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});
