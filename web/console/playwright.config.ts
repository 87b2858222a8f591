import { defineConfig } from '@playwright/test';

/**
 * Run by `cargo browser`, which starts a stack for these tests and says where it is. The console that they use is the one that
 * the function serves.
 */
export default defineConfig({
  testDir: 'browser',
  outputDir: 'test-results',
  // All tests share one tenant and one simulator, and the machine has two cores.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  // The browser, the stack and the simulator share two cores; what fails twice is broken. A test that needed it is listed as flaky.
  retries: 1,
  reporter: [['list']],
  use: {
    // A control that is not there fails where it is looked for, and not at the end of the whole test.
    actionTimeout: 30_000,
    baseURL: process.env.CARILLON_CONSOLE_URL,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: ['--no-sandbox', '--disable-background-networking'],
    },
  },
});
