import { expect, type Page } from '@playwright/test';

export type Step = 'Delivery' | 'Message' | 'Receivers' | 'Confirm';

/** The wizard says that everything is saved. */
export async function saved(page: Page) {
  await expect(page.getByRole('status').filter({ hasText: /^(Saved|All changes are saved)/ })).toBeVisible();
}

/** Goes on by the button at the end of a step. */
export async function goOn(page: Page, to: Step) {
  await page.getByRole('button', { name: `Next: ${to}` }).click();
  await at(page, to);
}

/** The wizard shows a step. */
export async function at(page: Page, step: Step) {
  const link = page.getByRole('navigation', { name: 'Steps' }).getByRole('link', { name: step });
  await expect(link).toHaveAttribute('aria-current', 'step');
}

/** Accepts the warnings, if there are any, once everything is checked. */
export async function checked(page: Page) {
  const accept = page.getByRole('checkbox', { name: /^I have read the warning/ });
  await expect(accept.or(page.getByText('No problems found'))).toBeVisible({ timeout: 60_000 });
  if (await accept.isVisible()) await accept.check();
}

/** Sends the campaign, and waits for the page that shows how it goes. */
export async function sendNow(page: Page) {
  await page.getByRole('button', { name: 'Send now…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send now' }).click();
  await expect(page).toHaveURL(/\/campaigns\/[^/]+$/);
}
