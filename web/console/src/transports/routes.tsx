import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/transports', lazy: async () => ({ Component: (await import('./TransportsPage')).TransportsPage }) },
  { path: '/transports/new', lazy: async () => ({ Component: (await import('./NewTransportPage')).NewTransportPage }) },
  {
    path: '/transports/:transport',
    lazy: async () => ({ Component: (await import('./TransportPage')).TransportPage }),
  },
  { path: '/routes', lazy: async () => ({ Component: (await import('./routing/RoutesPage')).RoutesPage }) },
];
