import { useMemo, useSyncExternalStore } from 'react';
import { createBrowserRouter, RouterProvider } from 'react-router';

import { currentSession, onSessionChange } from '../api/session';
import { queryClient } from './queryClient';
import { routes } from './routes';
import { SignIn } from './SignIn';

/** The console, or the sign-in page in its place: the address stays, so that a deep link works after signing in. */
export function App() {
  const session = useSyncExternalStore(onSessionChange, currentSession);
  const router = useMemo(() => {
    // Nothing that the last person read may be shown to the next.
    queryClient.clear();
    if (session === undefined) return undefined;
    // The base ends with a slash, and so does the home page's address: without it, its relative addresses would lead elsewhere.
    return createBrowserRouter(routes, { basename: new URL('.', document.baseURI).pathname });
  }, [session]);
  return router === undefined ? <SignIn /> : <RouterProvider router={router} />;
}
