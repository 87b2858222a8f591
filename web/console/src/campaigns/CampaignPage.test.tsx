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
  server.use(
    http.get('*/deliveries', () => HttpResponse.json({ deliveries: [], next_cursor: null })),
    http.get('*/v1/vendors', () => HttpResponse.json({ vendors: [] })),
  );
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

test('what was skipped makes no share of what was sent smaller', async () => {
  answer(campaign({}, { total: 20, sent: 16, skipped: 4 }));
  at();
  const sent = (await screen.findByRole('link', { name: /^Sent 16$/ })).parentElement;
  expect(sent?.textContent).toContain('of 16, 100%');
  expect(screen.getByRole('link', { name: /^Skipped 4$/ })).toBeTruthy();
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
  expect(within(drawer).getByTitle('The email').getAttribute('sandbox')).not.toContain('allow-scripts');
  await waitFor(() => expect(within(drawer).getByRole('button', { name: 'Send again' })).toBeTruthy());
});

const ann = { receiver: { id: receiver, first_name: 'Ann', last_name: 'Lee' }, channel: 'email', attempt: 1 };
const message = { channel: 'email', to: 'ann@example.com', subject: 'Storm', html: '<p>Stay</p>', digest: 'd' };

test('people are found by the beginning of a name, with their messages', async () => {
  answer(campaign({}, { sent: 10 }));
  const asked: (string | null)[] = [];
  server.use(
    http.get('*/receivers', ({ request }) => {
      asked.push(new URL(request.url).searchParams.get('search'));
      const found = { id: receiver, first_name: 'Ann', last_name: 'Lee', email: 'ann@example.com' };
      return HttpResponse.json({ receivers: [{ ...found, variables: {}, source: 'hand', channels: {} }] });
    }),
    http.get('*/deliveries', () =>
      HttpResponse.json({ deliveries: [{ ...ann, address: 'ann@example.com', state: 'sent' }], next_cursor: null }),
    ),
  );
  at('?tab=people');
  await userEvent.type(await screen.findByRole('searchbox'), 'an le');
  await waitFor(() => expect(asked.at(-1)).toBe('an le'));
  const row = await screen.findByRole('row', { name: /Ann Lee.*ann@example.com.*Sent/ });
  expect(within(row).getByRole('link', { name: 'Ann Lee' }).getAttribute('href')).toContain(`${receiver}.email`);
});

test('a number that the search does not know is looked up as a whole address', async () => {
  answer(campaign({}, { sent: 10 }));
  server.use(
    http.get('*/receivers', () => HttpResponse.json({ receivers: [] })),
    http.get('*/deliveries', ({ request }) => {
      const found = new URL(request.url).searchParams.get('address') === '07400 123400';
      return HttpResponse.json({ deliveries: found ? [{ ...ann, address: '+447400123400', state: 'sent' }] : [] });
    }),
  );
  at('?tab=people&search=07400%20123400');
  expect(await screen.findByRole('row', { name: /Ann Lee/ })).toBeTruthy();
});

test('the wrong address of a message that was delivered is corrected, and only then sent again', async () => {
  answer(campaign({}, { sent: 10, fates: { delivered: 10 } }));
  const bodies: unknown[] = [];
  const delivered = { ...ann, address: 'ann@example.com', state: 'sent', fate: 'delivered' };
  server.use(
    http.get('*/deliveries', () => HttpResponse.json({ deliveries: [delivered], next_cursor: null })),
    http.get('*/message', () => HttpResponse.json({ ...message, matches: true })),
    http.patch(`*/receivers/${receiver}`, async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json({});
    }),
  );
  at(`?tab=people&delivery=${receiver}.email`);
  const drawer = within(await screen.findByRole('dialog'));
  await drawer.findByText(/No address gets the same message twice/);
  expect(drawer.queryByRole('button', { name: 'Send again' })).toBeNull();
  await userEvent.click(drawer.getByRole('button', { name: 'Correct the address' }));
  await userEvent.click(drawer.getByRole('button', { name: 'Correct and send' }));
  await drawer.findByText('The message went to this address. Type the right one.');
  expect(bodies).toEqual([]);
  await userEvent.clear(drawer.getByLabelText('Email address'));
  await userEvent.type(drawer.getByLabelText('Email address'), 'ann.lee@example.com');
  await userEvent.click(drawer.getByRole('button', { name: 'Correct and send' }));
  await screen.findByText('The address is corrected, and the message is being sent to it.');
  expect(bodies).toEqual([{ email: 'ann.lee@example.com' }]);
});

test('of a skipped message in a finished campaign nothing is awaited, and a copy is offered', async () => {
  answer(campaign({}, { sent: 9, skipped: 1 }));
  const reason = { code: 'no_address', text: 'The receiver has no address for this channel.' };
  const skipped = { ...ann, attempt: 0, state: 'skipped', reason };
  server.use(
    http.get('*/deliveries', () => HttpResponse.json({ deliveries: [skipped], next_cursor: null })),
    http.get('*/message', () => HttpResponse.json({ ...message, to: null, matches: null })),
  );
  at(`?delivery=${receiver}.email`);
  const drawer = within(await screen.findByRole('dialog'));
  await drawer.findByText('It was not sent to this person. This is what they would have received.');
  await drawer.findByText(reason.text);
  expect(drawer.getByRole('button', { name: 'Duplicate the campaign' })).toBeTruthy();
  expect(drawer.queryByRole('button', { name: 'Correct the address' })).toBeNull();
});
