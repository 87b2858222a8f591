import { api, done } from './support/api';
import { open } from './support/console';
import { expect, test } from './support/provider';
import { unique } from './support/unique';

/** A number that only this test writes to. */
const number = `+3579${Math.floor(1_000_000 + Math.random() * 9_000_000)}`;
const account = unique('twilio').toLowerCase();

test.afterEach(async () => {
  // Other tests send by SMS as well, and do not know this account.
  await api.DELETE('/v1/routes/{channel}', { params: { path: { channel: 'sms' } } });
  await api.DELETE('/v1/transports/{transport}', { params: { path: { transport: account } } });
});

test('a Twilio account is set up, sends a test message, and gets a route', async ({ page, provider }) => {
  const { transports } = await done(api.GET('/v1/transports'));
  const before = transports.find((it) => it.channel === 'sms' && it.in_use);

  await test.step('set it up by the form', async () => {
    await open(page, 'transports');
    await page.getByRole('link', { name: 'Set up an account' }).click();
    await page.getByRole('group', { name: 'Channel' }).getByRole('button', { name: 'SMS' }).click();
    await page.getByLabel('Search providers').fill('twi');
    await page.getByRole('button', { name: /^Twilio/ }).click();
    const form = page.getByRole('form', { name: 'Account' });
    await form.getByLabel('Name of the account').fill(account);
    await form.getByLabel('Sender ID').fill('+15005550006');
    await form.getByLabel('Account SID').fill('not a SID');
    await form.getByLabel('Auth token').fill('simulated');
    await form.getByRole('button', { name: 'Set up' }).click();
    // What is wrong is said at the field, which has the focus.
    await expect(form.getByLabel('Account SID')).toBeFocused();
    await expect(form.getByLabel('Account SID')).toHaveAccessibleDescription(/AC and 32 hexadecimal digits/);
    await form.getByLabel('Account SID').fill(`AC${'0'.repeat(31)}1`);
    await form.getByRole('button', { name: 'Set up' }).click();
    await expect(page.getByRole('heading', { level: 1, name: account })).toBeVisible();
    // A secret is never shown again.
    await expect(page.getByText('simulated', { exact: true })).toHaveCount(0);
  });

  await test.step('send a test message', async () => {
    const form = page.getByRole('form', { name: 'Test message' });
    await form.getByLabel('Your mobile number').fill(number);
    await form.getByRole('button', { name: 'Send a test message' }).click();
    await expect(page.getByText('Twilio accepted the message')).toBeVisible({ timeout: 30_000 });
    const calls = await provider.accepted({ to: number });
    expect(calls.map((it) => it.provider)).toEqual(['twilio']);
  });

  await test.step('route SMS to it', async () => {
    await open(page, 'routes');
    const sms = page.getByRole('region', { name: 'SMS' });
    await sms.getByRole('button', { name: 'Add a route by number' }).click();
    const cyprus = sms.getByRole('group', { name: 'Numbers that start with' });
    await cyprus.getByLabel('Number starts with').fill('+357');
    await cyprus.getByRole('combobox', { name: 'Account' }).click();
    await page.getByRole('option', { name: new RegExp(`^${account} `) }).click();
    await sms.getByRole('button', { name: 'Add a route for all others' }).click();
    const others = sms.getByRole('group', { name: 'Everyone else' });
    await others.getByRole('combobox', { name: 'Account' }).click();
    await page.getByRole('option', { name: new RegExp(`^${before?.id ?? ''} `) }).click();
    await sms.getByRole('button', { name: 'Save the routes of SMS' }).click();
    await expect(page.getByText('The routes of SMS are saved')).toBeVisible();
    const { channels } = await done(api.GET('/v1/routes'));
    expect(
      channels
        .find((it) => it.channel === 'sms')
        ?.routes.map(({ prefix, transports: legs }) => [prefix ?? '', legs[0]?.transport]),
    ).toEqual([
      ['+357', account],
      ['', before?.id],
    ]);
    await open(page, `transports/${account}`);
    await expect(page.getByText('The channel’s messages go through it.')).toBeVisible();
  });
});
