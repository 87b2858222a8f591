/// <reference types="vitest/config" />
import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The API that the development server forwards to: set by `cargo local console`. */
const api = process.env.CARILLON_API_URL;

/** What the first page draws without: these are read with the first page that needs one of them. */
const WIDGETS = new RegExp(
  [
    '@tanstack/(react-)?virtual',
    'src/ui/(DataTable|EmailFrame|FilterChips|SearchField)',
    '@mantine/core/esm/components/(Accordion/(?!AccordionChevron)|Autocomplete|Chip|ColorInput|ColorPicker|ColorSwatch|Combobox|Divider|Drawer|' +
      'Fieldset|FileButton|Grid|Indicator|MultiSelect|NumberInput|Pill|PillsInput|Radio/(?!RadioIcon)|' +
      'SegmentedControl|Select|Slider|Stepper|Switch|Table|Tabs|TagsInput|Textarea)',
    'react-textarea-autosize|react-number-format',
  ].join('|'),
);

/** The development server has one path; the function sets the base of each address below any path. */
const baseInDevelopment: Plugin = {
  name: 'base-in-development',
  apply: 'serve',
  transformIndexHtml: (html) => html.replace('<base href="./" />', '<base href="/" />'),
};

export default defineConfig({
  // The console works below any path, so the addresses of its files are relative.
  base: './',
  plugins: [react(), baseInDevelopment, lingui({ macroTransform: true, failOnCompileError: true })],
  build: {
    target: 'es2022',
    // The page's policy allows no inline scripts, and every browser that runs the console preloads modules.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2500,
    rolldownOptions: {
      output: {
        // Each file is a request to the function. What pages share is in three files, not in dozens of small ones.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'builder', test: /node_modules\/(grapesjs|backbone|underscore|codemirror|mjml)/, priority: 3 },
            { name: 'widgets', test: WIDGETS, priority: 3 },
            { name: 'libraries', test: /node_modules/, priority: 2 },
            { name: 'shared', test: /\/src\/(api|ui)\//, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: api === undefined ? {} : { '/v1': { target: api, changeOrigin: true } },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/testing/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
