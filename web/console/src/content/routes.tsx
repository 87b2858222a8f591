import type { RouteObject } from 'react-router';

export const routes: RouteObject[] = [
  { path: '/templates', lazy: async () => ({ Component: (await import('./templates/TemplatesPage')).TemplatesPage }) },
  {
    path: '/templates/:template',
    lazy: async () => ({ Component: (await import('./templates/TemplatePage')).TemplatePage }),
  },
  { path: '/wrappers', lazy: async () => ({ Component: (await import('./wrappers/WrappersPage')).WrappersPage }) },
  {
    path: '/wrappers/:wrapper',
    lazy: async () => ({ Component: (await import('./wrappers/WrapperPage')).WrapperPage }),
  },
  { path: '/presets', lazy: async () => ({ Component: (await import('./presets/PresetsPage')).PresetsPage }) },
  { path: '/presets/:preset', lazy: async () => ({ Component: (await import('./presets/PresetPage')).PresetPage }) },
  { path: '/library', lazy: async () => ({ Component: (await import('./library/LibraryPage')).LibraryPage }) },
  {
    path: '/library/:template',
    lazy: async () => ({ Component: (await import('./library/LibraryTemplatePage')).LibraryTemplatePage }),
  },
];
