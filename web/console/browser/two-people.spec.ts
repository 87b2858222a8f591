import { type Browser, expect, type Page, test } from '@playwright/test';

import { campaignNow, draft } from './support/api';
import { open } from './support/console';
import { unique } from './support/unique';
import { saved } from './support/wizard';

/** Two people who have the same step of the same draft open, in browsers of their own. */
async function both(browser: Browser, step: string) {
  const campaign = await draft(unique('Together'), 1);
  const pages = await Promise.all(
    ['ann', 'ben'].map(async () => {
      const page = await (await browser.newContext()).newPage();
      await open(page, `compose/${campaign.id}/${step}`);
      return page;
    }),
  );
  const [ann, ben] = pages;
  if (ann === undefined || ben === undefined) throw new Error('there are two');
  return { id: campaign.id, ann, ben };
}

test.afterEach(async ({ browser }) => {
  await Promise.all(browser.contexts().map((it) => it.close()));
});

const question = (page: Page) => page.getByRole('dialog', { name: 'Somebody else changed this draft' });

async function writeSms(page: Page, text: string) {
  await page.getByRole('textbox', { name: 'Text message' }).fill(text);
}

async function smsOf(id: string) {
  return (await campaignNow(id)).content.sms?.text;
}

test('who saves second sees both versions, and keeps the own one', async ({ browser }) => {
  const { id, ann, ben } = await both(browser, 'message?channel=sms');
  await writeSms(ann, 'Ann: doors open at six.');
  await saved(ann);
  await expect.poll(() => smsOf(id)).toBe('Ann: doors open at six.');
  await writeSms(ben, 'Ben: doors open at seven.');
  await expect(question(ben)).toContainText('Ann: doors open at six.');
  await expect(question(ben)).toContainText('Ben: doors open at seven.');
  // Nothing is overwritten before somebody has chosen.
  expect(await smsOf(id)).toBe('Ann: doors open at six.');
  await question(ben).getByRole('button', { name: 'Keep all of mine' }).click();
  await expect(question(ben)).toHaveCount(0);
  await saved(ben);
  await expect.poll(() => smsOf(id)).toBe('Ben: doors open at seven.');
});

test('who saves second takes the other version, and can go on from it', async ({ browser }) => {
  const { id, ann, ben } = await both(browser, 'message?channel=sms');
  await writeSms(ann, 'Ann: doors open at six.');
  await expect.poll(() => smsOf(id)).toBe('Ann: doors open at six.');
  await writeSms(ben, 'Ben: doors open at seven.');
  await question(ben).getByRole('button', { name: 'Use all of theirs' }).click();
  await expect(ben.getByRole('textbox', { name: 'Text message' })).toHaveValue('Ann: doors open at six.');
  await writeSms(ben, 'Ann: doors open at six. Bring a coat.');
  await saved(ben);
  await expect.poll(() => smsOf(id)).toBe('Ann: doors open at six. Bring a coat.');
});

test('changes to different things are put together, and the person is told', async ({ browser }) => {
  const { id, ann, ben } = await both(browser, 'message?channel=sms');
  await writeSms(ann, 'Ann: doors open at six.');
  await expect.poll(() => smsOf(id)).toBe('Ann: doors open at six.');
  await ben.getByRole('tab', { name: 'Email' }).click();
  await ben.getByLabel('Subject').fill('Ben: the evening');
  await expect(ben.getByText('Somebody else changed: SMS. Your changes and theirs were merged.')).toBeVisible();
  await expect.poll(async () => (await campaignNow(id)).content.email?.subject).toBe('Ben: the evening');
  expect(await smsOf(id)).toBe('Ann: doors open at six.');
  await expect(question(ben)).toHaveCount(0);
});

test('each thing is chosen on its own, and a closed tab loses nothing of it', async ({ browser }) => {
  const { id, ann, ben } = await both(browser, 'message?channel=sms');
  await writeSms(ann, 'Ann: doors open at six.');
  await ann.getByRole('tab', { name: 'Email' }).click();
  await ann.getByLabel('Subject').fill('Ann: the evening');
  await expect.poll(async () => (await campaignNow(id)).content.email?.subject).toBe('Ann: the evening');
  expect(await smsOf(id)).toBe('Ann: doors open at six.');
  // Ben is cut off while he writes, so that both of his changes meet both of hers.
  await ben.context().setOffline(true);
  await writeSms(ben, 'Ben: doors open at seven.');
  await ben.getByRole('tab', { name: 'Email' }).click();
  await ben.getByLabel('Subject').fill('Ben: a concert');
  await ben.context().setOffline(false);
  await expect(question(ben)).toBeVisible({ timeout: 40_000 });
  const context = ben.context();
  await ben.close();

  const again = await context.newPage();
  await open(again, `compose/${id}/message?channel=sms`);
  const dialog = question(again);
  await dialog.getByRole('radiogroup', { name: 'SMS' }).getByRole('radio', { name: 'Your version' }).click();
  await dialog.getByRole('radiogroup', { name: 'Email' }).getByRole('radio', { name: 'The other version' }).click();
  await dialog.getByRole('button', { name: 'Save my choice' }).click();
  await expect(dialog).toHaveCount(0);
  await expect.poll(() => smsOf(id)).toBe('Ben: doors open at seven.');
  expect((await campaignNow(id)).content.email?.subject).toBe('Ann: the evening');
});
