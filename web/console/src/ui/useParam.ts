import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/**
 * A part of the page's state that is kept in its address: a filter, a tab, an open drawer. An empty value removes it. With
 * `push`, going back undoes the change; filters that change as one types replace the address instead.
 */
export function useParam(name: string, { push = false } = {}): [string, (value: string | undefined) => void] {
  const [params, setParams] = useSearchParams();
  const set = useCallback(
    (value: string | undefined) => {
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (value === undefined || value === '') after.delete(name);
          else after.set(name, value);
          return after;
        },
        { replace: !push, preventScrollReset: true },
      );
    },
    [name, push, setParams],
  );
  return [params.get(name) ?? '', set];
}
