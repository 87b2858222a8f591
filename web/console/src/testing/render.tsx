import { I18nProvider } from '@lingui/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { createMemoryRouter, type RouteObject, RouterProvider } from 'react-router';

import { i18n } from '../app/i18n';
import { UiProvider } from '../ui';

/** Draws an element, or pages at an address, with everything that the console puts around them. */
export function show(what: ReactNode | RouteObject[], at = '/') {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const routes = Array.isArray(what) ? (what as RouteObject[]) : [{ path: '*', element: what }];
  const router = createMemoryRouter(routes, { initialEntries: [at] });
  render(
    <I18nProvider i18n={i18n}>
      <UiProvider>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </UiProvider>
    </I18nProvider>,
  );
  return { router, client };
}
