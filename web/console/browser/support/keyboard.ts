import { expect, type Locator, type Page } from '@playwright/test';

/** A page has fewer controls than this before the one that is sought. */
const MOST = 150;

/** Goes to a control with the Tab key, as somebody without a mouse does. */
export async function tabTo(page: Page, control: Locator) {
  await expect(control).toBeAttached();
  for (let presses = 0; presses < MOST; presses += 1) {
    // Each press is made where the one before it led to.
    // oxlint-disable-next-line no-await-in-loop
    if (await control.evaluate((it) => it === document.activeElement)) return;
    // oxlint-disable-next-line no-await-in-loop
    await page.keyboard.press('Tab');
  }
  const where = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
  throw new Error(`The Tab key does not lead to ${String(control)}; the focus is at ${String(where)}`);
}

export async function pressOn(page: Page, control: Locator, key = 'Enter') {
  await tabTo(page, control);
  await page.keyboard.press(key);
}

/** Replaces what a field says. */
export async function typeInto(page: Page, field: Locator, text: string) {
  await tabTo(page, field);
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}
