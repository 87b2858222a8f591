import { readFileSync } from 'node:fs';

import type { Page } from '@playwright/test';

import { expect, test } from './support/provider';
import { stack } from './support/stack';
import { unique } from './support/unique';
import { at, checked, goOn, saved, sendNow } from './support/wizard';

/** The demo's file: 1,000 good rows and 20 that cannot be read. */
const people = readFileSync(new URL('../../../infra/local/demo/people.csv', import.meta.url), 'utf8');

/** What it may take to compose a campaign for 1,000 people and to send it. */
const MOST_REQUESTS = 60;

test('a campaign in two languages is composed from the library, tried, sent, and reaches exactly its people', async ({
  page,
  provider,
}) => {
  test.setTimeout(240_000);
  const mark = unique('chg');
  const domain = `${mark}.example.`;
  const file = people.replaceAll('@example.', `@${domain}`);
  let requests = 0;
  page.on('request', (it) => {
    if (it.url().includes('/v1/')) requests += 1;
  });

  await test.step('sign in', async () => {
    await page.goto(stack.console);
    await page.getByLabel('API key').first().fill(stack.key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('navigation', { name: 'Menu' })).toBeVisible();
  });

  await test.step('begin with an entry of the library', async () => {
    await page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name: 'Compose' }).click();
    const library = page.getByRole('region', { name: 'Library' });
    await library.getByRole('link', { name: /Maintenance window/ }).click();
    await page.getByLabel('Name of the campaign').fill(`Maintenance ${mark}`);
    await choose(page, ['Email', 'SMS']);
    await page.getByRole('button', { name: 'Next: Message' }).click();
    await at(page, 'Message');
  });

  await test.step('write the message in English and German', async () => {
    await page.getByLabel('What will not be available').fill('Fibre 500');
    await page.getByLabel('When the work begins').fill('2026-12-01T01:00');
    await page.getByLabel('When the work ends at the latest').fill('2026-12-01T03:00');
    await page.getByLabel('The page with details').fill(`https://carillon.example/${mark}`);
    await page.getByLabel('Subject').fill('Planned work: {{maintenance.service}}');
    await page.getByRole('tab', { name: 'German' }).click();
    await expect(page.getByLabel('Subject')).toHaveValue(/Geplante Wartung/);
    await page.getByLabel('Subject').fill('Geplante Arbeiten: {{maintenance.service}}');
    await expect(page.getByRole('tab', { name: 'SMS' })).toBeVisible();
    await saved(page);
    await goOn(page, 'Receivers');
  });

  await test.step('load the file, and see the rows that were refused', async () => {
    await page.getByRole('button', { name: 'From a CSV file' }).click();
    await page.getByRole('button', { name: 'How the file is read' }).click();
    await page.getByRole('radio', { name: 'Leave the person out' }).check();
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
    await expect(page.getByText('1,000 added · 20 refused')).toBeVisible({ timeout: 90_000 });
    await page.getByRole('button', { name: 'Refused rows: people.csv' }).click();
    const rows = page.getByRole('table', { name: 'Rows with remarks' }).getByRole('row').filter({ hasText: 'Refused' });
    await expect(rows.first()).toBeVisible();
    const lines = await rows.evaluateAll((all) => all.map((it) => it.querySelector('td')?.textContent));
    expect(new Set(lines).size).toBe(20);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  });

  const [muted = '', ...removed] =
    await test.step('switch the SMS of one person off, and remove two others', async () => {
      await expect(page.getByLabel('Number of receivers')).toHaveText('1,000');
      const three = await withBothAddresses(page, 3);
      const [one = '', ...others] = three;
      const sms = rowOf(page, one).getByRole('switch', { name: /^SMS for/ });
      await sms.click();
      await expect(sms).not.toBeChecked();
      for (const address of others) {
        const row = rowOf(page, address);
        await row.getByRole('button', { name: /^More about/ }).click();
        await page.getByRole('menuitem', { name: 'Remove' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
        await expect(row).toHaveCount(0);
      }
      await expect(page.getByLabel('Number of receivers')).toHaveText('998');
      await goOn(page, 'Confirm');
      return three;
    });

  const expected = whoGetsIt(file, removed, muted);
  await test.step('see who gets it, and try it', async () => {
    await checked(page);
    const table = page.getByRole('table', { name: 'Who gets the message' });
    await expect(table.getByRole('row', { name: /Email/ })).toContainText(inWords(expected.email.length));
    await expect(table.getByRole('row', { name: /SMS/ })).toContainText(inWords(expected.sms.length));
    await expect(table.getByRole('row', { name: /SMS/ })).toContainText('1 person: switched off');
    await page.getByLabel('Your address for Email').fill(`me@${mark}.example.com`);
    await page.getByLabel('Your address for SMS').fill('+447400123456');
    await page.getByRole('button', { name: 'Send a test' }).click();
    await expect(page.getByRole('region', { name: 'Try it yourself' }).getByText('Sent', { exact: true })).toHaveCount(
      2,
    );
    const tests = await provider.addresses({ contains: mark });
    expect(tests).toEqual(['+447400123456', `me@${mark}.example.com`]);
  });
  const [lastOfTests] = (await provider.accepted({ contains: mark })).toReversed();

  await test.step('send it, and watch it reach its end', async () => {
    await sendNow(page);
    const toSend = requests;
    test.info().annotations.push({ type: 'requests', description: `${toSend} to compose and send` });
    expect(toSend).toBeLessThanOrEqual(MOST_REQUESTS);
    await expect(page.getByText('Completed', { exact: true })).toBeVisible({ timeout: 120_000 });
    const sent = inWords(expected.email.length + expected.sms.length);
    await expect(page.getByRole('link', { name: `Sent ${sent}`, exact: true })).toBeVisible();
  });

  await test.step('open what one person got', async () => {
    await page.getByRole('tab', { name: 'People' }).click();
    await page.getByRole('searchbox', { name: 'Find people by name, email address or phone number' }).fill(muted);
    await page
      .getByRole('row', { name: new RegExp(`${muted}.*Email`) })
      .getByRole('link')
      .click();
    const drawer = page.getByRole('dialog');
    await expect(drawer.getByText('This is exactly what was handed to the provider.')).toBeVisible();
    await expect(drawer.getByText(/^(Planned work|Geplante Arbeiten): Fibre 500$/)).toBeVisible();
    await expect(drawer.frameLocator('iframe').getByText('Fibre 500').first()).toBeVisible();
  });

  await test.step('every address has it, each once', async () => {
    const after = { contains: mark, after: lastOfTests?.id ?? 0 };
    expect(await provider.addresses(after)).toEqual([...expected.email, ...expected.sms].toSorted());
    const german = await provider.accepted({ contains: 'Geplante Arbeiten: Fibre 500', after: after.after });
    const ours = german.filter((it) => it.recipients.some((address) => address.includes(mark)));
    expect(ours.length).toBeGreaterThan(50);
  });
});

/** A number as the page writes it. */
function inWords(count: number): string {
  return count.toLocaleString('en-GB');
}

/** Chooses exactly these channels. */
async function choose(page: Page, channels: string[]) {
  for (const channel of ['Email', 'SMS', 'WhatsApp', 'Push']) {
    await page.getByRole('checkbox', { name: channel }).setChecked(channels.includes(channel));
  }
}

function rowOf(page: Page, address: string) {
  return page.getByRole('table', { name: 'Receivers' }).getByRole('row').filter({ hasText: address });
}

/** The email addresses of the first people in the table who have a number as well. */
async function withBothAddresses(page: Page, count: number): Promise<string[]> {
  const rows = page.getByRole('table', { name: 'Receivers' }).getByRole('row');
  const both = rows.filter({ has: page.getByRole('switch', { name: /^SMS for/ }) }).filter({ hasText: '@' });
  const texts = await both.allTextContents();
  return texts.slice(0, count).map((it) => /person\d{4}@[a-z0-9.-]+\.(?:com|net|org)/.exec(it)?.[0] ?? '');
}

/** The addresses of the file's good rows, without the people who were removed and the SMS that was switched off. */
function whoGetsIt(file: string, removed: string[], muted: string): { email: string[]; sms: string[] } {
  const good = file.split(/\r?\n/).flatMap((line) => {
    const [, email = '', sms = ''] = /^([^,"]*),[^,]*,[^,]*,([^,]*),/.exec(line) ?? [];
    // The good rows are numbered; a few of them have a number only.
    const isGood = /^person\d{4}@/.test(email) || (email === '' && /^\+447414\d{6}$/.test(sms));
    return isGood && !removed.includes(email) ? [{ email, sms }] : [];
  });
  return {
    email: good.map((it) => it.email).filter((it) => it !== ''),
    sms: good
      .filter((it) => it.email !== muted)
      .map((it) => it.sms)
      .filter((it) => it !== ''),
  };
}
