import {
  infiniteQueryOptions,
  type InfiniteData,
  keepPreviousData,
  queryOptions,
  type UseInfiniteQueryResult,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import type { FetchResponse, MaybeOptionalInit } from 'openapi-fetch';
import type { PathsWithMethod, RequiredKeysOf } from 'openapi-typescript-helpers';

import { api, call } from './client';
import { asProblem, type Problem } from './problem';
import type { paths } from './schema';

type Gets = PathsWithMethod<paths, 'get'>;
type Init<Path extends Gets> = MaybeOptionalInit<paths[Path], 'get'>;
type Body<Path extends Gets> = NonNullable<
  FetchResponse<paths[Path]['get'] & Record<string | number, unknown>, Init<Path>, 'application/json'>['data']
>;
type Given<Path extends Gets> = RequiredKeysOf<Init<Path>> extends never ? [init?: Init<Path>] : [init: Init<Path>];

/** How often a page that shows something running asks again, in milliseconds. The browser asks with the ETag that it has. */
export const LIVE = 2_000;

/** A GET of the API as a query: its key is the path and the parameters. */
export function get<Path extends Gets>(path: Path, ...given: Given<Path>) {
  const [init] = given;
  return queryOptions<Body<Path>, Problem>({
    queryKey: [path, init],
    queryFn: ({ signal }) => {
      const request = { ...init, signal } as unknown as Init<Path>;
      // The generic call cannot be typed by TypeScript; the types of `get` are those of the description.
      return call((api.GET as (path: string, init: unknown) => Promise<never>)(path, request)) as Promise<Body<Path>>;
    },
  });
}

/** A list of the API, page after page by cursor. */
export function list<Path extends Gets>(path: Path, ...given: Given<Path>) {
  const [init] = given;
  return infiniteQueryOptions<Body<Path>, Problem, InfiniteData<Body<Path>>, readonly unknown[], string | undefined>({
    queryKey: [path, 'pages', init],
    initialPageParam: undefined,
    getNextPageParam: (last) => (last as { next_cursor?: string | null }).next_cursor ?? undefined,
    queryFn: ({ signal, pageParam }) => {
      const { params, ...rest } = (init ?? {}) as { params?: { query?: object } };
      const query = { ...params?.query, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      const request = { ...rest, params: { ...params, query }, signal };
      return call((api.GET as (path: string, init: unknown) => Promise<never>)(path, request)) as Promise<Body<Path>>;
    },
    placeholderData: keepPreviousData,
    // Comparing all rows with those read before would take longer with every page.
    structuralSharing: false,
  });
}

/** What a table needs to know about the pages of a list. */
export type Rows<Row> = {
  rows: Row[] | undefined;
  problem: Problem | undefined;
  /** Whether there are more rows than these. */
  more: boolean;
  loading: boolean;
  loadMore: () => void;
  retry: () => void;
};

/** The rows of all pages that were read. */
export function rowsOf<Page, Row>(
  query: UseInfiniteQueryResult<InfiniteData<Page>, Problem>,
  rows: (page: Page) => Row[],
): Rows<Row> {
  return {
    rows: query.data?.pages.flatMap(rows),
    problem: query.error ?? undefined,
    more: query.hasNextPage,
    loading: query.isFetchingNextPage || query.isPending || query.isPlaceholderData,
    loadMore: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  };
}

/**
 * An act of a person. When it is done, everything whose path begins with one of `refresh` is read again before `onDone`.
 */
export function useAction<Input = void, Output = unknown>(
  act: (input: Input) => Promise<Output>,
  options: { refresh?: string[]; onDone?: (output: Output, input: Input) => void } = {},
) {
  const client = useQueryClient();
  return useMutation<Output, Problem, Input>({
    mutationFn: async (input) => {
      try {
        return await act(input);
      } catch (error) {
        throw asProblem(error);
      }
    },
    onSuccess: async (output, input) => {
      const prefixes = options.refresh ?? ['/v1'];
      await client.invalidateQueries({
        predicate: ({ queryKey: [path] }) => typeof path === 'string' && prefixes.some((it) => path.startsWith(it)),
      });
      options.onDone?.(output, input);
    },
  });
}
