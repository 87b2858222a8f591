import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/campaigns', lazy: async () => ({ Component: (await import('./CampaignsPage')).CampaignsPage }) },
];
