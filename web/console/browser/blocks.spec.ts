import { expect, type Locator, type Page, test } from '@playwright/test';

import { api, campaignNow, done, draft } from './support/api';
import { open, settled } from './support/console';
import { unique } from './support/unique';
import { saved } from './support/wizard';

// The toolbar and the canvas are on one screen.
test.use({ viewport: { width: 1280, height: 1200 } });

const outline = (page: Page) => page.getByRole('group', { name: 'Blocks of the email' });
const canvas = (page: Page) => page.getByRole('region', { name: 'Canvas of the email' });

/** The email as it is drawn. */
const drawn = (page: Page) => canvas(page).locator('iframe').first().contentFrame();

async function mjmlOf(id: string): Promise<string> {
  return (await campaignNow(id)).content.email?.mjml ?? '';
}

/** The names of the blocks in the order in which they stand. */
async function blocks(page: Page): Promise<string[]> {
  const rows = await outline(page).getByRole('listitem').getByRole('button').allInnerTexts();
  return rows.map((it) => it.split(' ')[0] ?? '').filter((it) => it !== '');
}

// A person scrolls while dragging; here the blocks and the end of the email are on the screen at once.
test.use({ viewport: { width: 1280, height: 1500 } });

/** Drags a block into the last column of the email, as a hand does: with a few moves on the way. */
async function drag(page: Page, block: Locator) {
  await block.hover();
  await page.mouse.down();
  const to = await drawn(page).locator('[data-gjs-type="mj-column"]').last().boundingBox();
  if (to === null) throw new Error('the column is not on the screen');
  // A line shows where the block will stand, as soon as the canvas has noticed that something is dragged over it.
  const line = page.locator('.gjs-placeholder').filter({ visible: true }).first();
  await expect(async () => {
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 15 });
    await page.mouse.move(to.x + to.width / 2, to.y + to.height - 6, { steps: 5 });
    await expect(line).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  // A hand rests before it lets go; the canvas answers to where it rested.
  await page.waitForTimeout(300);
  await page.mouse.up();
}

async function emptyEmail(page: Page): Promise<string> {
  const { id } = await draft(unique('Blocks'), 1, { sms: { text: 'Hello' } }, ['email', 'sms']);
  await open(page, `compose/${id}/message?channel=email`);
  await settled(page);
  await page.getByLabel('Subject').fill('Put together');
  await expect(drawn(page).locator('body')).toBeVisible();
  await expect(outline(page)).toContainText('Column');
  return id;
}

test('three blocks are dragged into an email, a text is changed, and it is the same after reopening', async ({
  page,
}) => {
  const id = await emptyEmail(page);
  const toolbar = page.getByRole('toolbar', { name: 'Add a block' });
  for (const [block, after] of [
    ['Heading', ['Text', 'Text']],
    ['Text', ['Text', 'Text', 'Text']],
    ['Button', ['Text', 'Text', 'Text', 'Button']],
  ] as const) {
    await drag(page, toolbar.getByRole('button', { name: `Add ${block}`, exact: true }));
    await expect.poll(async () => (await blocks(page)).slice(3)).toEqual(after);
  }
  // A new email begins with a text; nothing is written in it, nor in those that were added.
  await page.getByRole('button', { name: 'Next: Receivers' }).click();
  await expect(page.getByText('Still to do in this step: Write the text of the email')).toBeVisible();
  await outline(page).getByRole('button', { name: 'Text', exact: true }).last().click();
  const text = page.getByRole('group', { name: 'Settings for Text' }).getByLabel('Text as code');
  await text.fill('<p>Doors open at <b>six</b>, {{member.first_name}}.</p>');
  await expect.poll(() => mjmlOf(id)).toContain('Doors open at <b>six</b>, {{member.first_name}}.');
  await saved(page);
  const before = await mjmlOf(id);
  const empty = '<mj-text font-size="16px" line-height="1.5"><p></p></mj-text>';
  for (const part of [empty, '></h2>', '<mj-button']) expect(before).toContain(part);

  await page.reload();
  await settled(page);
  await expect(outline(page).getByRole('button', { name: 'Text Doors open at six' })).toBeVisible();
  await page.getByRole('radiogroup', { name: 'Format of the email' }).getByText('Code').click();
  await expect(page.getByRole('textbox', { name: 'MJML' })).toHaveValue(before);
  expect(await mjmlOf(id)).toBe(before);
});

test('the same by keyboard alone: added, moved, written in, removed', async ({ page }) => {
  const id = await emptyEmail(page);
  const press = async (name: string) => {
    await page.getByRole('button', { name, exact: true }).focus();
    await page.keyboard.press('Enter');
  };
  // A new email begins with an empty text.
  await press('Add Button');
  await press('Add Divider');
  const last = outline(page).getByRole('button', { name: 'Divider', exact: true });
  await last.focus();
  await page.keyboard.press('Alt+ArrowUp');
  await expect
    .poll(async () => (await mjmlOf(id)).match(/<mj-(text|divider|button)/g))
    .toEqual(['<mj-text', '<mj-divider', '<mj-button']);
  await expect(last).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(outline(page).getByRole('button', { name: 'Text', exact: true })).toBeFocused();
  const text = page.getByRole('group', { name: 'Settings for Text' }).getByLabel('Text as code');
  await text.focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('<p>By keyboard</p>');
  await last.focus();
  await page.keyboard.press('Delete');
  await expect
    .poll(async () => (await mjmlOf(id)).match(/<mj-(text|divider|button)/g))
    .toEqual(['<mj-text', '<mj-button']);
  expect(await mjmlOf(id)).toContain('<p>By keyboard</p>');
});

test('every template of the library is saved as it was, and one of MJML opens as blocks', async ({ page }) => {
  test.setTimeout(240_000);
  const { templates } = await done(api.GET('/v1/library'));
  expect(templates.length).toBeGreaterThan(0);
  for (const { id: library } of templates) {
    await test.step(library, async () => {
      const made = await done(api.POST('/v1/templates', { body: { library } }));
      await savedUnchanged(page, made.id);
    });
  }
});

for (const [about, mjml] of Object.entries({
  'with a head, comments and a raw block': `<mjml>
  <mj-head>
    <mj-title>News</mj-title>
    <mj-attributes><mj-text font-size="16px" line-height="1.5" /><mj-class name="mint" color="#0f5f57" /></mj-attributes>
    <mj-style>.note { color: red }</mj-style>
  </mj-head>
  <mj-body background-color="#f4f4f4">
    <!-- the top -->
    <mj-section   background-color='#ffffff' padding="0">
      <mj-column width="60%"><mj-text mj-class="mint">Dear {{member.first_name}} &amp; family,<br/>hello</mj-text></mj-column>
      <mj-column width="40%"><mj-image src="https://pictures.example/a.png" alt="A &quot;bell&quot;" /></mj-column>
    </mj-section>
    <mj-raw>{{#if account.balance}}</mj-raw>
    <mj-section><mj-column><mj-table><tr><td>{{account.balance}}</td></tr></mj-table></mj-column></mj-section>
    <mj-raw>{{/if}}</mj-raw>
  </mj-body>
</mjml>
`,
  'with a hero, social links and a wrapper': `<mjml><mj-body><mj-wrapper padding="10px">
<mj-hero mode="fluid-height" background-color="#155350"><mj-text color="#fff">Hi</mj-text><mj-button href="https://carillon.example/?a=1&amp;b=2">Go</mj-button></mj-hero></mj-wrapper>
<mj-section><mj-column><mj-social><mj-social-element name="facebook" href="https://carillon.example/f">F</mj-social-element></mj-social><mj-divider/><mj-spacer height="9px"/></mj-column></mj-section>
</mj-body></mjml>`,
})) {
  test(`MJML ${about} opens as blocks and is saved to the letter`, async ({ page }) => {
    const made = await done(
      api.POST('/v1/templates', { body: { name: unique('MJML'), content: { email: { subject: 'News', mjml } } } }),
    );
    await savedUnchanged(page, made.id);
  });
}

/** Opens a template, waits until its email can be edited, changes something beside it, and saves. */
async function savedUnchanged(page: Page, template: string) {
  const path = { template };
  const before = await done(api.GET('/v1/templates/{template}', { params: { path } }));
  await open(page, `templates/${template}?channel=email`);
  await settled(page);
  if (before.content.email?.mjml == null) await expect(page.getByRole('textbox', { name: 'HTML' })).toBeVisible();
  else {
    await expect(outline(page).getByRole('listitem').first()).toBeVisible();
    expect((await blocks(page)).length).toBeGreaterThan(3);
    // What was clicked on is not changed.
    await outline(page).getByRole('button', { name: /^Text/ }).first().click();
    await expect(page.getByRole('group', { name: 'Settings for Text' })).toBeVisible();
  }
  await page.getByLabel('Purpose').fill('Looked at');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect
    .poll(async () => (await done(api.GET('/v1/templates/{template}', { params: { path } }))).description)
    .toBe('Looked at');
  const after = await done(api.GET('/v1/templates/{template}', { params: { path } }));
  expect(after.content).toEqual(before.content);
}
