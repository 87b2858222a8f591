import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/tenant', lazy: async () => ({ Component: (await import('./tenant/TenantPage')).TenantPage }) },
];
