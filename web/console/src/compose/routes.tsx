import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/compose', lazy: async () => ({ Component: (await import('./start/StartPage')).StartPage }) },
  {
    path: '/compose/:campaign',
    lazy: async () => ({ Component: (await import('./ComposePage')).ComposePage }),
    children: [
      { index: true, element: null },
      {
        path: 'delivery',
        lazy: async () => ({ Component: (await import('./delivery/DeliveryStep')).DeliveryStep }),
      },
      { path: 'message', lazy: async () => ({ Component: (await import('./message/MessageStep')).MessageStep }) },
      {
        path: 'receivers',
        lazy: async () => ({ Component: (await import('../receivers/ReceiversStep')).ReceiversStep }),
      },
      { path: 'confirm', lazy: async () => ({ Component: (await import('./confirm/ConfirmStep')).ConfirmStep }) },
    ],
  },
];
