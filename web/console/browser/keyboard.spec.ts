import { domainOf } from './support/api';
import { open } from './support/console';
import { pressOn, tabTo, typeInto } from './support/keyboard';
import { expect, test } from './support/provider';
import { unique } from './support/unique';
import { at } from './support/wizard';

test('a campaign is composed and sent by keyboard alone', async ({ page, provider }) => {
  test.setTimeout(240_000);
  const name = unique('By keyboard');
  const domain = domainOf(name);
  const button = (title: string | RegExp) => page.getByRole('button', { name: title, exact: true });

  await test.step('start', async () => {
    await open(page);
    await page.keyboard.press('/');
    await expect(page.getByRole('textbox', { name: 'Search' })).toBeFocused();
    await page.keyboard.type('compose');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: 'Compose' })).toBeFocused();
    await pressOn(page, page.getByRole('link', { name: /^Write my own message/ }));
    await typeInto(page, page.getByLabel('Name of the campaign'), name);
    // Email is chosen; the others are taken out with the space key.
    for (const channel of ['SMS', 'WhatsApp', 'Push']) {
      const box = page.getByRole('checkbox', { name: channel });
      if (await box.isChecked()) await pressOn(page, box, 'Space');
    }
    await expect(page.getByRole('checkbox', { name: 'Email' })).toBeChecked();
    await pressOn(page, button('Next: Message'));
    await at(page, 'Message');
  });

  await test.step('message', async () => {
    await typeInto(page, page.getByRole('textbox', { name: 'Subject' }), 'Typed, {{mem');
    // Typing two braces opens the list of placeholders.
    await page.keyboard.press('Backspace');
    await expect(page.getByRole('listbox', { name: 'Placeholders' })).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('textbox', { name: 'Subject' })).toHaveValue(/^Typed, \{\{me.*\}\}$/);
    const way = page.getByRole('radiogroup', { name: 'Format of the email' });
    await tabTo(page, way.getByRole('radio', { checked: true }));
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await typeInto(page, page.getByRole('textbox', { name: 'Text', exact: true }), 'Hello from the keyboard.');
    await pressOn(page, button('Next: Receivers'));
    await at(page, 'Receivers');
  });

  await test.step('receivers', async () => {
    await typeInto(
      page,
      page.getByRole('textbox', { name: 'Addresses' }),
      `Ann Smith <ann@${domain}>\nBen Jones <ben@${domain}>\nCy Young <cy@${domain}>`,
    );
    await pressOn(page, button('Add 3 people'));
    await expect(page.getByLabel('Number of receivers')).toHaveText('3');
    await pressOn(page, page.getByRole('switch', { name: 'Email for Ann Smith' }), 'Space');
    await expect(page.getByRole('switch', { name: 'Email for Ann Smith' })).not.toBeChecked();
    await pressOn(page, button('More about Cy Young'));
    await tabOrArrowTo();
    await page.keyboard.press('Enter');
    const question = page.getByRole('dialog', { name: /^Remove/ });
    await pressOn(page, question.getByRole('button', { name: 'Remove' }));
    await expect(page.getByLabel('Number of receivers')).toHaveText('2');
    await pressOn(page, button('Next: Confirm'));
    await at(page, 'Confirm');
  });

  await test.step('confirm', async () => {
    const accept = page.getByRole('checkbox', { name: /^I have read the warning/ });
    await expect(accept.or(page.getByText('No problems found'))).toBeVisible({ timeout: 60_000 });
    if (await accept.isVisible()) await pressOn(page, accept, 'Space');
    await pressOn(page, button('Send now…'));
    const question = page.getByRole('dialog', { name: 'Send to 1 person now?' });
    await pressOn(page, question.getByRole('button', { name: 'Send now' }));
    await expect(page.getByText('Completed', { exact: true })).toBeVisible({ timeout: 60_000 });
    expect(await provider.addresses({ contains: domain })).toEqual([`ben@${domain}`]);
  });

  /** A menu is gone through with the arrow keys. */
  async function tabOrArrowTo() {
    const item = page.getByRole('menuitem', { name: 'Remove' });
    await expect(item).toBeVisible();
    await page.keyboard.press('ArrowDown');
    for (let presses = 0; presses < 10; presses += 1) {
      if (await item.evaluate((it) => it === document.activeElement)) return;
      await page.keyboard.press('ArrowDown');
    }
    throw new Error('The arrow keys do not lead to the entry of the menu');
  }
});
