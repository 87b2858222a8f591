import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/attention', lazy: async () => ({ Component: (await import('./AttentionPage')).AttentionPage }) },
];
