import { domainOf, draft, emailOf, hello, publish } from './support/api';
import { open } from './support/console';
import { expect, test } from './support/provider';
import { unique } from './support/unique';

test('a provider that does not answer: somebody decides for one, and sends again to the others', async ({
  page,
  provider,
}) => {
  const name = unique('Lost answers');
  const domain = domainOf(name);
  await provider.fail({ kind: 'drop_after', address_suffix: `@${domain}` });
  // Five failures in a row would open the breaker of the account, for other tests too.
  const campaign = await draft(name, 3, hello, ['email']);
  await publish(campaign.id);
  await open(page, `campaigns/${campaign.id}`);
  await page.getByRole('link', { name: 'Not known 3', exact: true }).first().click({ timeout: 90_000 });

  await test.step('assume that one was sent', async () => {
    const row = page.getByRole('row', { name: new RegExp(emailOf(name, 1)) });
    await expect(row).toContainText('Not known');
    await row.getByRole('link').click();
    const drawer = page.getByRole('dialog', { name: 'Message to one person' });
    await drawer.getByRole('button', { name: 'Assume sent' }).click();
    await page
      .getByRole('dialog', { name: 'Assume that it was sent?' })
      .getByRole('button', { name: 'Assume sent' })
      .click();
    await expect(page.getByText('The message now counts as sent.')).toBeVisible();
    await expect(drawer.getByText('Sent', { exact: true }).first()).toBeVisible();
    await drawer.getByRole('button', { name: 'Close' }).click();
  });

  await test.step('send again to the others', async () => {
    await provider.mend();
    await expect(page.getByRole('radio', { name: 'Not known 2' })).toBeChecked();
    await page.getByRole('button', { name: 'Send again' }).click();
    const question = page.getByRole('dialog', { name: 'Send again?' });
    await expect(question).toContainText('2 messages are sent again. The first messages may have arrived');
    await question.getByRole('button', { name: 'Send again' }).click();
    await page.getByRole('tab', { name: 'Overview' }).click();
    await expect(page.getByRole('link', { name: 'Sent 3', exact: true }).first()).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText('Completed', { exact: true })).toBeVisible();
  });

  // The provider had accepted all of them at first: that is what nobody could know.
  const [one, ...others] = [1, 2, 3].map((number) => emailOf(name, number));
  expect(await provider.addresses({ contains: domain })).toEqual([one, ...others.flatMap((it) => [it, it])].toSorted());
});
