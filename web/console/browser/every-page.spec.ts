import { expect, test } from '@playwright/test';

import { barriers, expectNoSidewaysScrolling, open, settled } from './support/console';
import { everyPage, type Place } from './support/pages';

let places: Place[];

test.beforeAll(async () => {
  places = await everyPage();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing on any page in the ${colorScheme} theme`, async ({ browser }) => {
    test.setTimeout(300_000);
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await open(page);
    for (const { name, path } of places) {
      await open(page, path);
      await settled(page);
      problems.push(...(await barriers(page, name)));
    }
    expect(problems, problems.join('\n')).toEqual([]);
    await context.close();
  });
}

for (const [screen, viewport] of [
  ['a screen of 360 pixels', { width: 360, height: 740 }],
  // WCAG 2.2, 1.4.4: a window of 1280 pixels that is zoomed to 200 % has 640 pixels of its own.
  ['a zoom of 200 %', { width: 640, height: 450 }],
] as const) {
  test(`no page scrolls sideways on ${screen}`, async ({ browser }) => {
    test.setTimeout(300_000);
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    for (const { name, path } of places) {
      await open(page, path);
      await settled(page);
      await expectNoSidewaysScrolling(page, name);
    }
    await context.close();
  });
}

test('signing in is accessible, and a wrong key says so', async ({ page }) => {
  await page.goto(process.env.CARILLON_CONSOLE_URL ?? '');
  expect(await barriers(page, 'sign-in')).toEqual([]);
  await page.getByLabel('API key').first().fill('carillon_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('This key is not accepted')).toBeVisible();
});

test('the key in the address is taken out of it', async ({ page }) => {
  await open(page, 'campaigns');
  expect(page.url()).not.toContain('key=');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Campaigns' })).toBeVisible();
});
