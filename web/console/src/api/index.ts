export { api, call, ifMatch, type Schemas } from './client';
export { asProblem, type FieldProblem, Problem } from './problem';
export { get, list, LIVE, type Rows, rowsOf, useAction } from './queries';
