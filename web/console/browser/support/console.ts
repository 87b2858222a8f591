import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

import { stack } from './stack';

/** Opens a page of the console, signed in as the tenant of the stack. `path` has no slash at its beginning. */
export async function open(page: Page, path = '') {
  await page.goto(`${stack.console}${path}#key=${stack.key}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

/** Waits until nothing on the page is being read any more. */
export async function settled(page: Page) {
  await expect(page.getByRole('status', { name: 'Loading' })).toHaveCount(0, { timeout: 30_000 });
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

/** What axe knows to be a barrier on the page (WCAG 2.2 A and AA), each with the elements. */
export async function barriers(page: Page, what: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    // Emails stand in frames that run no scripts, so axe would wait in them for ever; they are not part of the console.
    .setLegacyMode()
    .exclude('iframe')
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.map(
    ({ id, help, nodes }) =>
      `${what}: ${id}: ${help}\n  ${nodes.map((it) => it.target.join(' ') + ' ' + it.html).join('\n  ')}`,
  );
}

/** The page is not wider than the screen. */
export async function expectNoSidewaysScrolling(page: Page, what: string) {
  const [content, screen] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  expect(content, `${what} is ${content} pixels wide on a screen of ${screen}`).toBeLessThanOrEqual(screen ?? 0);
}
