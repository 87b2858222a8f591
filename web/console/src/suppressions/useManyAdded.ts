import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';

import { api, asProblem, call, type Problem, type Schemas } from '../api';
import { addressOf, type Line } from './lines';

/** How many addresses the API takes at once. */
const BATCH = 1_000;

type Refused = { line: number; address: string; detail: string };

export type Progress = {
  total: number;
  done: number;
  added: number;
  known: number;
  refused: Refused[];
  running: boolean;
  problem?: Problem;
};

type Common = Omit<Schemas['ImportSuppressions'], 'addresses'>;

/** Adds addresses in batches, one after the other. After a failure it goes on where it stopped: nothing is added twice. */
export function useManyAdded() {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Progress | undefined>();
  const stopped = useRef(false);

  const run = async (lines: Line[], common: Common, from?: Progress) => {
    stopped.current = false;
    const start = from ?? { total: lines.length, done: 0, added: 0, known: 0, refused: [] };
    let now: Progress = { ...start, running: true, problem: undefined };
    setProgress(now);
    while (now.done < lines.length && !stopped.current) {
      const batch = lines.slice(now.done, now.done + BATCH);
      const body = { ...common, addresses: batch.map(({ entry }) => entry) };
      try {
        const result = await call(api.POST('/v1/suppressions/import', { body }));
        const refused = result.refused.flatMap(({ index, detail }) => {
          const line = batch[index];
          return line === undefined ? [] : [{ line: line.line, address: addressOf(line), detail }];
        });
        now = {
          ...now,
          done: now.done + batch.length,
          added: now.added + result.added,
          known: now.known + result.known,
          refused: [...now.refused, ...refused],
        };
        setProgress(now);
      } catch (error) {
        now = { ...now, problem: asProblem(error) };
        break;
      }
    }
    setProgress({ ...now, running: false });
    await client.invalidateQueries({ predicate: ({ queryKey: [path] }) => path === '/v1/suppressions' });
  };
  return {
    progress,
    run,
    stop: () => {
      stopped.current = true;
    },
    forget: () => setProgress(undefined),
  };
}
