import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/suppressions', lazy: async () => ({ Component: (await import('./SuppressionsPage')).SuppressionsPage }) },
];
