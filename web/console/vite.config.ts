/// <reference types="vitest/config" />
import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** The API that the development server forwards to: set by `cargo local console`. */
const api = process.env.CARILLON_API_URL;

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
    chunkSizeWarningLimit: 2000,
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
