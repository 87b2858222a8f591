import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';

import type { Schemas } from '../api';
import { show } from '../testing/render';
import { server } from '../testing/server';
import { CampaignPage } from './CampaignPage';

const id = '0192f0c4-0000-7000-8000-000000000001';
const receiver = '0123456789abcdef0123456789abcdef';
const none = { pending: 0, claimed: 0, retrying: 0, failed: 0, skipped: 0, unknown: 0, canceled: 0 };

function campaign(more: Partial<Schemas['Campaign']>, counts: Partial<Schemas['ChannelTotals']>): Schemas['Campaign'] {
  return {
    id,
    name: 'Storm <b>warning</b>',
    status: 'completed',
    channels: ['email'],
    priority: 'normal',
    version: 3,
    created_at: '2026-11-01T08:00:00Z',
    updated_at: '2026-11-01T09:00:00Z',
    published_at: '2026-11-01T09:00:00Z',
    completed_at: '2026-11-01T09:30:00Z',
    loading: false,
    on_unknown: 'hold',
    stalled: [],
    flags: [],
    content: {},
    totals: {
      receivers: 10,
      channels: { email: { ...none, total: 10, sent: 10, fates: {}, skipped_by_reason: {}, ...counts } },
    },
    ...more,
  };
}

const pages = [{ path: '/campaigns/:campaign', element: <CampaignPage /> }];
const at = (search = '') => show(pages, `/campaigns/${id}${search}`);
const answer = (it: Schemas['Campaign']) => server.use(http.get(`*/v1/campaigns/${id}`, () => HttpResponse.json(it)));

const to = async (name: RegExp) => (await screen.findByRole('link', { name })).getAttribute('href');

beforeEach(() => {
  server.use(http.get('*/deliveries', () => HttpResponse.json({ deliveries: [], next_cursor: null })));
});

test('each figure leads to exactly those people', async () => {
  answer(campaign({}, { sent: 7, failed: 2, unknown: 1, fates: { bounced: 4 } }));
  at();
  expect(await to(/^Failed 2$/)).toBe(`/campaigns/${id}?tab=people&state=failed`);
  expect(await to(/^Not known 1$/)).toBe(`/campaigns/${id}?tab=people&state=unknown`);
  expect(await to(/^Bounced 4$/)).toBe(`/campaigns/${id}?tab=people&fate=bounced`);
  // Nobody is behind a zero.
  expect(screen.queryByRole('link', { name: /Skipped/ })).toBeNull();
});

test('a draft is shown where it is composed', async () => {
  answer(campaign({ status: 'draft' }, {}));
  const { router } = show([...pages, { path: '/compose/:campaign', element: <p>Wizard</p> }], `/campaigns/${id}`);
  await screen.findByText('Wizard');
  expect(router.state.location.pathname).toBe(`/compose/${id}`);
});

test('pausing names what was stopped and what may still arrive', async () => {
  const running = campaign({ status: 'published', completed_at: null }, { sent: 4, pending: 6 });
  answer(running);
  let version: string | null = null;
  server.use(
    http.post(`*/v1/campaigns/${id}/pause`, ({ request }) => {
      version = request.headers.get('If-Match');
      const paused = { ...running, status: 'paused' as const, version: 4 };
      answer(paused);
      const counts = { total: 10, sent: 4, in_flight: 1, stopped: 5, unknown: 0, failed: 0, skipped: 0 };
      return HttpResponse.json({ ...paused, counts });
    }),
  );
  at();
  await userEvent.click(await screen.findByRole('button', { name: 'Pause' }));
  const note = await screen.findByText('The campaign is paused');
  expect(version).toBe('"3"');
  expect(note.closest('[role=alert]')?.textContent).toContain('5 messages will wait until sending is resumed.');
  expect(note.closest('[role=alert]')?.textContent).toContain('1 message was on its way');
  expect(screen.getByRole('button', { name: 'Resume' })).toBeTruthy();
});

test('an answer that comes late does not replace a newer one', async () => {
  answer(campaign({ status: 'paused', version: 4 }, { sent: 4, pending: 6 }));
  const { client } = at();
  await screen.findByRole('button', { name: 'Resume' });
  answer(campaign({ status: 'published', version: 3 }, { sent: 2, pending: 8 }));
  await client.refetchQueries({ queryKey: ['/v1/campaigns/{campaign}'] });
  expect(screen.getByRole('button', { name: 'Resume' })).toBeTruthy();
  expect(screen.getByRole('link', { name: /^Sent 4$/ })).toBeTruthy();
});

test('sending again asks with the number and goes on until everybody is done', async () => {
  answer(campaign({}, { sent: 0, failed: 900 }));
  const bodies: unknown[] = [];
  server.use(
    http.get('*/deliveries/reasons', () =>
      HttpResponse.json({
        complete: true,
        reasons: [
          { state: 'failed', channel: 'email', deliveries: 900, reason: { code: 'Throttling', text: 'Slow down.' } },
        ],
      }),
    ),
    http.post('*/deliveries/resend', async ({ request }) => {
      bodies.push(await request.json());
      const first = bodies.length === 1;
      return HttpResponse.json({ changed: first ? 500 : 400, more: first, next_cursor: first ? 'c-1' : null });
    }),
  );
  at('?tab=reasons');
  await userEvent.click(await screen.findByRole('button', { name: 'Send again' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('900 messages are sent again.');
  expect(bodies).toEqual([]);
  await userEvent.click(within(dialog).getByRole('button', { name: 'Send again' }));
  await screen.findByText(/Being sent again: 900/);
  const wanted = { state: 'failed', channel: 'email', reason: 'Throttling' };
  expect(bodies).toEqual([wanted, { ...wanted, cursor: 'c-1' }]);
});

test('a message that is opened by its address alone is found, and shown as text', async () => {
  answer(campaign({}, { sent: 9, failed: 1 }));
  server.use(
    http.get('*/deliveries', ({ request }) => {
      const found = new URL(request.url).searchParams.get('address') === 'ann@example.com';
      const delivery = {
        receiver: { id: receiver, first_name: '<script>alert(1)</script>' },
        address: 'ann@example.com',
        channel: 'email',
        state: 'failed',
        attempt: 1,
        reason: { code: 'MessageRejected', text: 'Address <i>blacklisted</i>.' },
      };
      return HttpResponse.json({ deliveries: found ? [delivery] : [], next_cursor: null });
    }),
    http.get('*/message', () =>
      HttpResponse.json({
        channel: 'email',
        to: 'ann@example.com',
        subject: 'Storm',
        html: '<p>Stay inside</p>',
        digest: 'd',
        matches: false,
      }),
    ),
  );
  at(`?tab=people&delivery=${receiver}.email`);
  const drawer = await screen.findByRole('dialog');
  await within(drawer).findByText('Address <i>blacklisted</i>.');
  expect(within(drawer).getByText('<script>alert(1)</script>')).toBeTruthy();
  expect(within(drawer).getByText(/differs from this/)).toBeTruthy();
  expect(within(drawer).getByTitle('The email').getAttribute('sandbox')).toBe('');
  await waitFor(() => expect(within(drawer).getByRole('button', { name: 'Send again' })).toBeTruthy());
});
