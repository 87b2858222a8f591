import { type BrowserContext, expect, type Page, test } from '@playwright/test';

import { api, campaignNow, domainOf, done, draft, emailOf, hello } from './support/api';
import { open, settled } from './support/console';
import { unique } from './support/unique';
import { checked } from './support/wizard';

/** Opens a step, has something done in it, and closes the tab at once: nothing is waited for. */
async function closeAfter(context: BrowserContext, path: string, act: (page: Page) => Promise<void>) {
  const page = await context.newPage();
  await open(page, path);
  await settled(page);
  await act(page);
  await page.close();
}

async function reopen(context: BrowserContext, path: string): Promise<Page> {
  const page = await context.newPage();
  await open(page, path);
  return page;
}

test('delivery: the name, the channels and the priority are there again', async ({ context }) => {
  const { id } = await draft(unique('Closed'), 1);
  await closeAfter(context, `compose/${id}/delivery`, async (page) => {
    await page.getByRole('checkbox', { name: 'SMS' }).uncheck();
    await page.getByText('Urgent', { exact: true }).click();
    await page.getByLabel('Name of the campaign').fill('Typed in the last moment');
  });
  const page = await reopen(context, `compose/${id}/delivery`);
  await expect(page.getByLabel('Name of the campaign')).toHaveValue('Typed in the last moment');
  await expect(page.getByRole('checkbox', { name: 'SMS' })).not.toBeChecked();
  await expect(page.getByRole('radio', { name: 'Urgent' })).toBeChecked();
  await expect.poll(async () => (await campaignNow(id)).name).toBe('Typed in the last moment');
  expect(await campaignNow(id)).toMatchObject({ channels: ['email'], priority: 'urgent' });
});

test('message: what was typed is there again, also what another tab of the step shows', async ({ context }) => {
  const { id } = await draft(unique('Closed'), 1);
  await closeAfter(context, `compose/${id}/message`, async (page) => {
    await page.getByLabel('Subject').fill('Written in the last moment');
    await page.getByRole('tab', { name: 'SMS' }).click();
    await page.getByRole('textbox', { name: 'Text message' }).fill('And this too');
  });
  const page = await reopen(context, `compose/${id}/message?channel=sms`);
  await expect(page.getByRole('textbox', { name: 'Text message' })).toHaveValue('And this too');
  await expect.poll(async () => (await campaignNow(id)).content.sms?.text).toBe('And this too');
  expect((await campaignNow(id)).content.email?.subject).toBe('Written in the last moment');
});

test('message: a block that was added is there again', async ({ context }) => {
  const { id } = await draft(unique('Closed'), 1, { sms: hello.sms ?? null }, ['email', 'sms']);
  await closeAfter(context, `compose/${id}/message?channel=email`, async (page) => {
    await page.getByLabel('Subject').fill('By blocks');
    await page.getByRole('button', { name: 'Add Divider' }).click();
    await expect(page.getByRole('group', { name: 'Blocks of the email' })).toContainText('Divider');
    // The canvas hands over what was done a moment later.
    await expect(page.getByRole('status').filter({ hasText: 'Saving…' })).toBeVisible();
  });
  await reopen(context, `compose/${id}/message?channel=email`);
  await expect.poll(async () => (await campaignNow(id)).content.email?.mjml ?? '').toContain('<mj-divider');
});

test('receivers: a switch, a correction and a person who was added stay', async ({ context }) => {
  const name = unique('Closed');
  const { id } = await draft(name, 2);
  await closeAfter(context, `compose/${id}/receivers`, async (page) => {
    await page.getByRole('switch', { name: 'SMS for Person 1 Example' }).click();
  });
  await expect.poll(() => smsIsOn(id, emailOf(name, 1))).toBe(false);
  await closeAfter(context, `compose/${id}/receivers`, async (page) => {
    await page.getByRole('button', { name: 'By hand' }).click();
    await page.getByRole('textbox', { name: 'Email' }).fill(`late@${domainOf(name)}`);
    await page.keyboard.press('Enter');
  });
  await expect.poll(async () => (await campaignNow(id)).totals.receivers).toBe(3);
  const page = await reopen(context, `compose/${id}/receivers`);
  await expect(page.getByRole('switch', { name: 'SMS for Person 1 Example' })).not.toBeChecked();
  await expect(page.getByRole('table', { name: 'Receivers' })).toContainText(`late@${domainOf(name)}`);
});

test('confirm: the draft waits where it was left, and nothing was sent', async ({ context }) => {
  const { id } = await draft(unique('Closed'), 2);
  await closeAfter(context, `compose/${id}/confirm`, async (page) => {
    await page.getByText('At a set time', { exact: true }).click();
    await page.getByLabel('Date').fill('2030-01-01');
  });
  expect((await campaignNow(id)).status).toBe('draft');
  const page = await reopen(context, `compose/${id}`);
  await expect(page).toHaveURL(new RegExp(`/compose/${id}/confirm`));
  await checked(page);
  await expect(page.getByRole('button', { name: 'Send now…' })).toBeVisible();
});

async function smsIsOn(campaign: string, email: string): Promise<boolean | undefined> {
  const { receivers } = await done(api.GET('/v1/campaigns/{campaign}/receivers', { params: { path: { campaign } } }));
  return receivers.find((it) => it.email === email)?.channels.sms?.on;
}
