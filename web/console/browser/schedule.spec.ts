import { expect, type Page, test } from '@playwright/test';

import { campaignNow, draft } from './support/api';
import { open } from './support/console';
import { unique } from './support/unique';
import { checked } from './support/wizard';

/** A day so many days ahead, which is far enough that no campaign of these tests is sent by itself. */
function ahead(days: number) {
  const day = new Date(Date.now() + days * 86_400_000);
  return {
    iso: day.toISOString().slice(0, 10),
    words: day.toLocaleDateString('en-GB', { dateStyle: 'medium', timeZone: 'UTC' }),
  };
}

async function fillTime(page: Page, date: string, time: string) {
  await page.getByLabel('Date').fill(date);
  await page.getByLabel('Time', { exact: true }).fill(time);
}

async function chooseZone(page: Page, zone: string) {
  const field = page.getByRole('combobox', { name: 'Time zone' });
  await field.fill(zone);
  await page.getByRole('option', { name: zone }).click();
}

async function atATime(page: Page, id: string, zone: string) {
  await open(page, `compose/${id}/confirm`);
  await checked(page);
  await page.getByText('At a set time', { exact: true }).click();
  await chooseZone(page, zone);
}

test('a campaign is scheduled, moved and taken back', async ({ page }) => {
  const { id } = await draft(unique('Scheduled'), 2);
  const [first, second] = [ahead(60), ahead(150)];
  // Tokyo is nine hours ahead of UTC all the year.
  await atATime(page, id, 'Asia/Tokyo');
  await page.getByRole('button', { name: 'Schedule', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('Choose a date.');
  await expect(page.getByLabel('Date')).toBeFocused();
  await fillTime(page, first.iso, '16:00');
  await expect(page.getByText(`That is ${first.words}, 07:00 UTC, in`)).toBeVisible();
  await page.getByRole('button', { name: 'Schedule', exact: true }).click();
  await expect(page.getByText(/^Will be sent on .* at 16:00 \(Asia\/Tokyo\)/)).toBeVisible();
  const scheduled = await campaignNow(id);
  expect(scheduled.status).toBe('scheduled');
  expect(new Date(scheduled.scheduled_for ?? '').toISOString()).toBe(`${first.iso}T07:00:00.000Z`);

  await page.getByRole('button', { name: 'Move', exact: true }).click();
  await fillTime(page, second.iso, '17:30');
  await expect(page.getByText(`That is ${second.words}, 08:30 UTC`)).toBeVisible();
  await page.getByRole('button', { name: 'Move to this time' }).click();
  await expect(page.getByText(/^Will be sent on .* at 17:30 \(Asia\/Tokyo\)/)).toBeVisible();
  expect(new Date((await campaignNow(id)).scheduled_for ?? '').toISOString()).toBe(`${second.iso}T08:30:00.000Z`);

  await page.getByRole('button', { name: 'Unschedule' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Unschedule' }).click();
  await checked(page);
  await expect(page.getByText('Nothing is sent yet.')).toBeVisible();
  expect(await campaignNow(id)).toMatchObject({ status: 'draft', totals: { receivers: 2 } });
});

test('a time that the clocks jump over is refused in words, and one that comes twice is explained', async ({
  page,
}) => {
  const { id } = await draft(unique('Clocks'), 1);
  await atATime(page, id, 'Europe/Berlin');
  await fillTime(page, lastSundayOf(3), '02:30');
  await expect(page.getByText('This time does not exist because the clocks go forward.')).toBeVisible();
  await page.getByRole('button', { name: 'Schedule', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('Choose another time.');
  await expect(page.getByLabel('Time', { exact: true })).toBeFocused();
  expect((await campaignNow(id)).status).toBe('draft');

  await fillTime(page, lastSundayOf(10), '02:30');
  await expect(page.getByText(/00:30 UTC/)).toBeVisible();
  await expect(page.getByText('This time occurs twice because the clocks go back.')).toBeVisible();

  await fillTime(page, '2020-01-01', '12:00');
  await expect(page.getByText('This time has passed or is less than a minute away.')).toBeVisible();
});

/** When the clocks of Europe are changed. */
function lastSundayOf(month: number): string {
  const last = new Date(Date.UTC(new Date().getFullYear() + 1, month, 0));
  last.setUTCDate(last.getUTCDate() - last.getUTCDay());
  return last.toISOString().slice(0, 10);
}
