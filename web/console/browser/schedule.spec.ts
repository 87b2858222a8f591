import { expect, type Page, test } from '@playwright/test';

import { campaignNow, draft } from './support/api';
import { open } from './support/console';
import { unique } from './support/unique';
import { checked } from './support/wizard';

/** A day of next year, so that no campaign of these tests is ever sent by itself. */
const year = new Date().getFullYear() + 1;

async function fillTime(page: Page, date: string, time: string) {
  await page.getByLabel('Date').fill(date);
  await page.getByLabel('Time', { exact: true }).fill(time);
}

async function chooseZone(page: Page, zone: string) {
  const field = page.getByRole('combobox', { name: 'Time zone' });
  await field.fill(zone);
  await page.getByRole('option', { name: zone }).click();
}

async function atATime(page: Page, id: string) {
  await open(page, `compose/${id}/confirm`);
  await checked(page);
  await page.getByText('At a time', { exact: true }).click();
  await chooseZone(page, 'Europe/Berlin');
}

test('a campaign is scheduled, moved and taken back', async ({ page }) => {
  const { id } = await draft(unique('Scheduled'), 2);
  await atATime(page, id);
  await expect(page.getByRole('button', { name: 'Choose a date' })).toBeVisible();
  await fillTime(page, `${year}-01-15`, '07:00');
  await expect(page.getByText(new RegExp(`That is 15 Jan ${year}, 06:00 UTC, in`))).toBeVisible();
  await page.getByRole('button', { name: 'Schedule', exact: true }).click();
  await expect(page.getByText(new RegExp(`Will be sent on .*15 January ${year}.*Europe/Berlin`))).toBeVisible();
  const scheduled = await campaignNow(id);
  expect(scheduled.status).toBe('scheduled');
  expect(new Date(scheduled.scheduled_for ?? '').toISOString()).toBe(`${year}-01-15T06:00:00.000Z`);

  await page.getByRole('button', { name: 'Move', exact: true }).click();
  await fillTime(page, `${year}-07-15`, '08:30');
  await expect(page.getByText(new RegExp(`That is 15 Jul ${year}, 06:30 UTC, in`))).toBeVisible();
  await page.getByRole('button', { name: 'Move to this time' }).click();
  await expect(page.getByText(new RegExp(`Will be sent on .*15 July ${year}`))).toBeVisible();
  expect(new Date((await campaignNow(id)).scheduled_for ?? '').toISOString()).toBe(`${year}-07-15T06:30:00.000Z`);

  await page.getByRole('button', { name: 'Take back' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await checked(page);
  await expect(page.getByText('Nothing is sent yet.')).toBeVisible();
  expect(await campaignNow(id)).toMatchObject({ status: 'draft', totals: { receivers: 2 } });
});

test('a time that the clocks jump over is refused in words, and one that comes twice is explained', async ({ page }) => {
  const { id } = await draft(unique('Clocks'), 1);
  await atATime(page, id);
  await fillTime(page, lastSundayOf(3), '02:30');
  await expect(page.getByText('This time does not exist: the clocks are put forward over it.')).toBeVisible();
  await page.getByRole('button', { name: 'Choose another time' }).click();
  await expect(page.getByLabel('Time', { exact: true })).toBeFocused();
  expect((await campaignNow(id)).status).toBe('draft');

  await fillTime(page, lastSundayOf(10), '02:30');
  await expect(page.getByText(/00:30 UTC/)).toBeVisible();
  await expect(page.getByText('This time comes twice, because the clocks are put back.')).toBeVisible();

  await fillTime(page, '2020-01-01', '12:00');
  await expect(page.getByText('This time is over, or less than a minute away.')).toBeVisible();
});

/** When the clocks of Europe are changed. */
function lastSundayOf(month: number): string {
  const last = new Date(Date.UTC(year, month, 0));
  last.setUTCDate(last.getUTCDate() - last.getUTCDay());
  return last.toISOString().slice(0, 10);
}
