import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/imports', lazy: async () => ({ Component: (await import('./ImportsPage')).ImportsPage }) },
  { path: '/imports/:import', lazy: async () => ({ Component: (await import('./ImportPage')).ImportPage }) },
];
