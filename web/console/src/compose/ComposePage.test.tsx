import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';

import type { Schemas } from '../api';
import { show } from '../testing/render';
import { server } from '../testing/server';
import { routes } from './routes';

const campaign = {
  id: 'c-1',
  name: 'Closed on Friday',
  status: 'draft',
  version: 3,
  channels: ['sms'],
  priority: 'normal',
  on_unknown: 'hold',
  content: { sms: { text: 'We are closed on Friday.' } },
  values: {},
  values_by_language: {},
  flags: [],
  stalled: [],
  loading: false,
  totals: { receivers: 10 },
  created_at: '2026-11-01T08:00:00Z',
  updated_at: '2026-11-01T08:00:00Z',
} as unknown as Schemas['Campaign'];

const preflight: Schemas['Preflight'] = {
  status: 'finished',
  started_at: '2026-11-01T08:00:00Z',
  campaign_version: 3,
  receivers: 10,
  can_be_published: true,
  channels: [
    { channel: 'sms', receivers: 9, languages: { default: 9 }, excluded: { no_address: 1 }, not_renderable: {} },
  ] as unknown as Schemas['ChannelPreflight'][],
  findings: [{ severity: 'warning', code: 'link_shortener', detail: 'links of bit.ly hide their target' }],
};

/** The steps are read when they are opened. */
const LAZY = { timeout: 10_000 };

beforeEach(() => {
  localStorage.clear();
  server.use(
    http.get('*/v1/campaigns/c-1', () => HttpResponse.json(campaign)),
    http.get('*/v1/campaigns/c-1/preflight', () => HttpResponse.json(preflight)),
    http.post('*/v1/campaigns/c-1/preview', () =>
      HttpResponse.json({ unknown_placeholders: [], samples: [], text: 'We are closed on Friday.' }),
    ),
    http.get('*/v1/campaigns/c-1/receivers', () => HttpResponse.json({ receivers: [], next_cursor: null })),
    http.get('*/v1/tenant', () => HttpResponse.json({ id: 'demo', name: 'Demo' })),
    http.get('*/v1/transports', () => HttpResponse.json({ transports: [] })),
    http.get('*/v1/jobs', () => HttpResponse.json({ jobs: [], next_cursor: null })),
  );
});

test('a warning has to be accepted before sending, and the button leads to it and says so', async () => {
  let published = 0;
  server.use(
    http.post('*/v1/campaigns/c-1/publish', () => {
      published += 1;
      return HttpResponse.json({ ...campaign, status: 'sending' });
    }),
  );
  show(routes, '/compose/c-1/confirm');
  const accept = await screen.findByRole('checkbox', { name: 'I have read the warning and want to send anyway' }, LAZY);
  expect(screen.getByRole('link', { name: '1 warning to accept', hidden: true })).toBeTruthy();
  // Once in its column, and once below the channel for phones.
  expect(screen.getAllByText('1 person: no mobile number')).toHaveLength(2);
  await userEvent.click(screen.getByRole('button', { name: 'Send now…' }));
  expect(screen.getByRole('alert').textContent).toMatch(/Read the warning/);
  expect(document.activeElement).toBe(accept);
  await userEvent.click(accept);
  expect(screen.queryByRole('alert')).toBeNull();
  expect(screen.getAllByText(/ready to send/)).not.toHaveLength(0);
  await userEvent.click(screen.getByRole('button', { name: 'Send now…' }));
  expect(await screen.findByText('Send to 9 people now?')).toBeTruthy();
  expect(published).toBe(0);
}, 30_000);

test('a step is done once somebody went past it, and going on leads to what is missing', async () => {
  server.use(http.get('*/v1/campaigns/c-1', () => HttpResponse.json({ ...campaign, totals: { receivers: 0 } })));
  const { router } = show(routes, '/compose/c-1/message');
  const steps = within(await screen.findByRole('navigation', { name: 'Steps' }, LAZY));
  expect(steps.queryByText(', done')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Next: Receivers' }));
  await waitFor(() => expect(steps.getByRole('link', { name: /Message, done/ })).toBeTruthy());
  expect(steps.getByRole('link', { name: /Delivery$/ })).toBeTruthy();
  await userEvent.click(await screen.findByRole('button', { name: 'Next: Confirm' }, LAZY));
  expect(router.state.location.pathname).toBe('/compose/c-1/receivers');
  expect(screen.getByRole('alert').textContent).toMatch(/Add receivers/);
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Addresses' })), LAZY);
}, 30_000);
