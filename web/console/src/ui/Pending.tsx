import { asProblem } from '../api/problem';
import { Loading } from './Loading';
import { ProblemNote } from './ProblemNote';

type Props = {
  query: { error: unknown; refetch: () => Promise<unknown> };
  /** How many lines what is being read may have. */
  rows?: number;
};

/** In place of what a query has not read yet: that it is being read, or why it could not be. */
export function Pending({ query, rows }: Props) {
  if (query.error === null) return <Loading rows={rows} />;
  return <ProblemNote problem={asProblem(query.error)} retry={() => void query.refetch()} />;
}
