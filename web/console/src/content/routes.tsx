import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/templates', lazy: async () => ({ Component: (await import('./templates/TemplatesPage')).TemplatesPage }) },
  {
    path: '/templates/:template',
    lazy: async () => ({ Component: (await import('./templates/TemplatePage')).TemplatePage }),
  },
];
