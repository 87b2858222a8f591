import { test } from '@playwright/test';

import { open, settled } from './support/console';
import { everyPage } from './support/pages';

/** The pictures of the documentation: `cargo browser --pictures` writes them. */
const directory = '../../docs/pictures/console';

const main = [
  'home',
  'campaigns',
  'campaign',
  'people',
  'compose',
  'message',
  'receivers',
  'confirm',
  'library',
  'transports',
  'routes',
  'tenant',
];
const onPhones = ['home', 'campaign', 'confirm'];

test('pictures of the main pages', async ({ browser }) => {
  test.skip(process.env.PICTURES !== '1', 'made by cargo browser --pictures');
  test.setTimeout(300_000);
  const places = await everyPage();
  const named = (names: string[]) => places.filter((it) => names.includes(it.name));
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    for (const { name, path } of named(main)) {
      await open(page, path);
      await settled(page);
      await page.waitForTimeout(1_000);
      await page.screenshot({ path: `${directory}/${name}-${colorScheme}.png` });
    }
    await context.close();
  }
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  for (const { name, path } of named(onPhones)) {
    await open(page, path);
    await settled(page);
    await page.waitForTimeout(1_000);
    await page.screenshot({ path: `${directory}/${name}-phone.png` });
  }
  await context.close();
});
