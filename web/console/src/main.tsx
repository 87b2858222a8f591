import { I18nProvider } from '@lingui/react';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { resumeSession } from './api/session';
import { App } from './app/App';
import { i18n, loadLocale } from './app/i18n';
import { queryClient } from './app/queryClient';
import { UiProvider } from './ui';

resumeSession();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

await loadLocale();
createRoot(root).render(
  <StrictMode>
    <I18nProvider i18n={i18n}>
      <UiProvider>
        <QueryClientProvider client={queryClient}>
          <App />
        </QueryClientProvider>
      </UiProvider>
    </I18nProvider>
  </StrictMode>,
);
