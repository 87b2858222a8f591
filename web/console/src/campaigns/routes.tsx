import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/campaigns', lazy: async () => ({ Component: (await import('./CampaignsPage')).CampaignsPage }) },
  { path: '/campaigns/:campaign', lazy: async () => ({ Component: (await import('./CampaignPage')).CampaignPage }) },
  { path: '/drafts', lazy: async () => ({ Component: (await import('./DraftsPage')).DraftsPage }) },
  { path: '/send-log', lazy: async () => ({ Component: (await import('./SendLogPage')).SendLogPage }) },
];
