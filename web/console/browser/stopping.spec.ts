import type { Page } from '@playwright/test';

import { domainOf, draft, emailOf, hello, publish } from './support/api';
import { open } from './support/console';
import { expect, type Provider, test } from './support/provider';
import { unique } from './support/unique';

const PEOPLE = 200;
/** How long nothing may leave after a campaign was stopped, to say that it is. */
const QUIET = 3_000;

test('a campaign is paused in the middle, nothing leaves meanwhile, and it goes on to everybody once', async ({
  page,
  provider,
}) => {
  const name = unique('Paused');
  await sendSlowly(page, provider, name);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('The campaign is paused')).toBeVisible({ timeout: 30_000 });
  const before = await gotIt(provider, name);
  expect(before.length).toBeLessThan(PEOPLE);
  await expect(page.getByText(/will wait until sending is resumed/)).toBeVisible();
  await page.waitForTimeout(QUIET);
  expect(await gotIt(provider, name)).toEqual(before);

  await provider.mend();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByText('Completed', { exact: true })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('link', { name: `Sent ${PEOPLE}`, exact: true })).toBeVisible();
  const everybody = Array.from({ length: PEOPLE }, (_, index) => emailOf(name, index + 1)).toSorted();
  expect(await gotIt(provider, name)).toEqual(everybody);
});

test('a campaign is canceled in the middle: the rest never gets it, and the figures say so', async ({
  page,
  provider,
}) => {
  const name = unique('Canceled');
  await sendSlowly(page, provider, name);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Cancel the campaign' }).click();
  const question = page.getByRole('dialog');
  await expect(question).toContainText('will never be sent');
  await question.getByRole('button', { name: 'Cancel the campaign' }).click();
  await expect(page.getByText('The campaign is canceled')).toBeVisible({ timeout: 30_000 });
  await provider.mend();
  const before = await gotIt(provider, name);
  await page.waitForTimeout(QUIET);
  const after = await gotIt(provider, name);
  expect(after).toEqual(before);
  expect(new Set(after).size).toBe(after.length);
  // What was on its way when it was stopped still arrives, and is counted when the provider has answered.
  await expect(page.getByRole('link', { name: `Sent ${after.length}`, exact: true }).first()).toBeVisible();
  await expect(
    page.getByRole('link', { name: `Canceled ${PEOPLE - after.length}`, exact: true }).first(),
  ).toBeVisible();
  await expect(page.getByRole('button', { name: 'Resume' })).toHaveCount(0);
});

/** Sends a campaign through a provider that takes its time, and opens its page when some have got it. */
async function sendSlowly(page: Page, provider: Provider, name: string) {
  await provider.fail({ kind: 'slow', milliseconds: 500, address_suffix: `@${domainOf(name)}` });
  const campaign = await draft(name, PEOPLE, hello, ['email']);
  await publish(campaign.id);
  await open(page, `campaigns/${campaign.id}`);
  await expect(page.getByRole('link', { name: /^Sent [1-9]/ }).first()).toBeVisible({ timeout: 60_000 });
}

function gotIt(provider: Provider, name: string): Promise<string[]> {
  return provider.addresses({ contains: domainOf(name) });
}
