import createClient, { type Middleware } from 'openapi-fetch';

import { Problem } from './problem';
import type { components, paths } from './schema';
import { currentSession, signOut } from './session';

/** The schemas of the API's description. */
export type Schemas = components['schemas'];

const authenticate: Middleware = {
  onRequest({ request }) {
    const session = currentSession();
    if (session !== undefined && !request.headers.has('Authorization')) {
      request.headers.set('Authorization', `Bearer ${session.key}`);
    }
    // A repeated request is answered like the first one and does nothing twice.
    if (request.method === 'POST' && !request.headers.has('Idempotency-Key')) {
      request.headers.set('Idempotency-Key', crypto.randomUUID());
    }
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401 && currentSession() !== undefined) signOut('refused');
  },
  onError({ error }) {
    return Problem.network(error);
  },
};

/** The API, with paths, parameters, bodies and responses as its description says. */
export const api = createClient<paths>({
  baseUrl: new URL('.', document.baseURI).href,
  // Looked up at each call, so that tests can answer in its place.
  fetch: (request) => globalThis.fetch(request),
});
api.use(authenticate);

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The body of a response. Throws a {@link Problem} if the API refused the request or did not answer. */
export async function call<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch (error) {
    if (error instanceof Problem || (error instanceof DOMException && error.name === 'AbortError')) throw error;
    throw Problem.network(error);
  }
  if (!answer.response.ok) throw Problem.of(answer.response, answer.error);
  return answer.data as T;
}

/** The header that makes a change fail if somebody else has changed the document since this version. */
export function ifMatch(document: { version: number }): { 'If-Match': string } {
  return { 'If-Match': `"${document.version}"` };
}
