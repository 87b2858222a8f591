import { type Browser, expect, type Page, test } from '@playwright/test';

import { api, done, draft } from './support/api';
import { open, settled } from './support/console';
import { unique } from './support/unique';

/** Loading 100,000 takes minutes on a busy machine; drawing depends on the screen and not on the number. */
const PEOPLE = Number(process.env.CARILLON_LONG_LIST ?? 20_000);
/** The processor time that a task of the page may take while one scrolls, in milliseconds: more is felt. */
const LONG_TASK = 100;
/** How many rows are scrolled through: a page of the list has 100 of them. */
const SCROLLED = 1_500;

test(`${PEOPLE.toLocaleString('en-GB')} receivers are scrolled through without a long task`, async ({
  page,
  browser,
}) => {
  test.setTimeout(600_000);
  const { id } = await draft(unique('Long list'), 0);
  const started = Date.now();
  await importPeople(id);
  const seconds = Math.round((Date.now() - started) / 1000);
  test.info().annotations.push({ type: 'import', description: `${PEOPLE} rows in ${seconds} s` });
  console.log(`    ${PEOPLE} rows were imported in ${seconds} s`);

  await open(page, `compose/${id}/receivers`);
  await settled(page);
  await expect(page.getByLabel('Number of receivers')).toHaveText(PEOPLE.toLocaleString('en-GB'));
  await expect(page.getByRole('table', { name: 'Receivers' }).getByRole('switch').first()).toBeVisible();
  const tasks = await watchTasks(browser, page);
  await page.mouse.move(640, 600);
  const before = Date.now();
  while ((await lastRow(page)) < SCROLLED && Date.now() - before < 240_000) await page.mouse.wheel(0, 700);
  expect(await lastRow(page)).toBeGreaterThanOrEqual(SCROLLED);
  // Only what is on the screen is drawn.
  expect(await page.getByRole('table', { name: 'Receivers' }).getByRole('row').count()).toBeLessThan(120);
  const durations = await tasks();
  const longest = Math.max(0, ...durations);
  const summary = `longest task ${longest} ms; ${durations.filter((it) => it > 50).length} of ${durations.length} over 50 ms`;
  test.info().annotations.push({ type: 'longest task', description: summary });
  console.log(`    ${summary} in ${Math.round((Date.now() - before) / 1000)} s`);
  expect(durations.length).toBeGreaterThan(100);
  expect(longest).toBeLessThanOrEqual(LONG_TASK);
});

/** The place in the list of the last row that is drawn. Looking for it by role would itself keep the page busy. */
async function lastRow(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.max(
      0,
      ...Array.from(document.querySelectorAll('tr[aria-rowindex]'), (it) => Number(it.getAttribute('aria-rowindex'))),
    ),
  );
}

/**
 * Writes down the tasks of the page's main thread from now on. Returns how to read the processor time of each, in milliseconds: the browser
 * shares two cores with the whole stack, so the time on the clock says more about the stack than about the page.
 */
async function watchTasks(browser: Browser, page: Page): Promise<() => Promise<number[]>> {
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  return async () => {
    const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    const isMain = (it: TraceEvent) => it.name === 'thread_name' && it.args?.name === 'CrRendererMain';
    const main = new Set(trace.traceEvents.filter(isMain).map((it) => `${it.pid}/${it.tid}`));
    return trace.traceEvents
      .filter((it) => it.name.endsWith('RunTask') && main.has(`${it.pid}/${it.tid}`))
      .map((it) => Math.round((it.tdur ?? 0) / 1000));
  };
}

/** An event of a trace ("Trace Event Format", Chromium project): `tdur` is microseconds on the thread's own clock. */
interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
  args?: { name?: string };
}

async function importPeople(campaign: string) {
  const rows = Array.from({ length: PEOPLE }, (_, index) => {
    const number = String(index).padStart(6, '0');
    return `First${number},Last${number},person${number}@long-list.example.com,+4915${String(100_000_000 + index)}`;
  });
  const file = Buffer.from(`First name,Last name,Email,Mobile\n${rows.join('\n')}\n`);
  const created = await done(api.POST('/v1/imports', { body: { bytes: file.length } }));
  const { method, url, headers } = created.upload;
  const uploaded = await fetch(url, { method, headers, body: file });
  expect(uploaded.ok, `upload: ${uploaded.status}`).toBe(true);
  await done(
    api.POST('/v1/campaigns/{campaign}/receivers', {
      params: { path: { campaign } },
      body: { import: created.id },
    }),
  );
  const params = { path: { import: created.id }, query: { limit: 1 } };
  await expect
    .poll(async () => (await done(api.GET('/v1/imports/{import}', { params }))).status, {
      timeout: 400_000,
      intervals: [2_000],
    })
    .toBe('completed');
  expect((await done(api.GET('/v1/imports/{import}', { params }))).rows_added).toBe(PEOPLE);
}
