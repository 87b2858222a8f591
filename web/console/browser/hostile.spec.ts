import { expect, test } from '@playwright/test';

import { api, done, draft, send } from './support/api';
import { expectNoSidewaysScrolling, open, settled } from './support/console';

const SCRIPT = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>{{constructor}}';
const RIGHT_TO_LEFT = '\u202Eevil\u202C مرحبا 👩‍👩‍👧‍👦🏳️‍🌈';

test('hostile names, subjects and addresses are shown as text, and nothing in them runs', async ({ page }) => {
  const name = `${SCRIPT} ${RIGHT_TO_LEFT}`.slice(0, 150);
  const content = {
    email: {
      subject: `${RIGHT_TO_LEFT} <b>subject</b>`,
      html: `<p>Hello</p><img src="https://pictures.example/track.png">`,
    },
  };
  const campaign = await done(api.POST('/v1/campaigns', { body: { name, channels: ['email'], content } }));
  await done(
    api.POST('/v1/campaigns/{campaign}/receivers', {
      params: { path: { campaign: campaign.id } },
      body: {
        receivers: [{ first_name: SCRIPT.slice(0, 90), last_name: RIGHT_TO_LEFT, email: 'hostile@example.com' }],
      },
    }),
  );
  const outside: string[] = [];
  page.on('requestfinished', (request) => {
    if (request.url().includes('pictures.example')) outside.push(request.url());
  });
  // What the policy forbids never leaves the browser.
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    if (request.url().includes('pictures.example') && reason !== 'csp') outside.push(`${request.url()}: ${reason}`);
  });
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  for (const path of [
    'campaigns',
    'drafts',
    `compose/${campaign.id}/message`,
    `compose/${campaign.id}/receivers`,
    `compose/${campaign.id}/confirm`,
  ]) {
    await open(page, path);
    await settled(page);
    await expectNoSidewaysScrolling(page, path);
  }
  await send(campaign.id);
  for (const path of ['campaigns', `campaigns/${campaign.id}`, `campaigns/${campaign.id}?tab=people`, 'send-log']) {
    await open(page, path);
    await settled(page);
    await expectNoSidewaysScrolling(page, path);
  }
  await open(page, `campaigns/${campaign.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('<img src=x');
  expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
  expect(dialogs).toEqual([]);
  expect(outside).toEqual([]);
});

test('names of many characters hold the layout', async ({ page }) => {
  const campaign = await draft('W'.repeat(150), 0);
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ['campaigns', 'drafts', `compose/${campaign.id}/delivery`]) {
    await open(page, path);
    await settled(page);
    await expectNoSidewaysScrolling(page, path);
  }
});

test('the page lets nothing in that is not its own', async ({ page, request }) => {
  const response = await request.get(process.env.CARILLON_CONSOLE_URL ?? '');
  const policy = response.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  await open(page);
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = 1';
    document.head.append(script);
    return 'ran' in globalThis;
  });
  expect(ran).toBe(false);
});
