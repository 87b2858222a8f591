import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { show } from '../../testing/render';
import { server } from '../../testing/server';
import { vendors } from '../testing/vendors';
import { RoutesPage } from './RoutesPage';

function account(id: string, vendor: string, created_at: string) {
  const breaker = { state: 'closed', trips: 0 };
  return { id, vendor, channel: 'sms', enabled: true, in_use: true, created_at, limits: {}, breaker };
}

function answering(routes: unknown[], put: (body: unknown) => Response) {
  server.use(
    http.get('*/v1/routes', () =>
      HttpResponse.json({ channels: routes.length === 0 ? [] : [{ channel: 'sms', routes }] }),
    ),
    http.get('*/v1/transports', () =>
      HttpResponse.json({
        transports: [
          account('new', 'infobip', '2026-02-01T00:00:00Z'),
          account('old', 'twilio', '2026-01-01T00:00:00Z'),
        ],
      }),
    ),
    http.get('*/v1/vendors', () => HttpResponse.json({ vendors })),
    http.get('*/v1/tenant', () => HttpResponse.json({ prices: null })),
    http.put('*/v1/routes/sms', async ({ request }) => put(await request.json())),
  );
}

test('accounts are moved by button, the focus goes with them, and nothing is sent before saving', async () => {
  const sent: unknown[] = [];
  answering([{ transports: [{ transport: 'old' }, { transport: 'new', price: '0.01' }] }], (body) => {
    sent.push(body);
    return HttpResponse.json({ channel: 'sms', routes: [] });
  });
  show(<RoutesPage />);
  await userEvent.click(await screen.findByRole('button', { name: 'Move new up' }));
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Move new down' }));
  expect(sent).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Save the routes of SMS' }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).toEqual({ routes: [{ transports: [{ transport: 'new', price: '0.01' }, { transport: 'old' }] }] });
});

test('a channel without routes names its oldest account, and a refused row says why', async () => {
  const detail = 'a prefix such as +27';
  answering([], () =>
    HttpResponse.json(
      {
        type: 'https://x/problems/invalid-field',
        title: 'Invalid field',
        status: 422,
        errors: [{ field: 'routes[0].prefix', code: 'invalid_prefix', detail }],
      },
      { status: 422 },
    ),
  );
  show(<RoutesPage />);
  const sms = within(await screen.findByRole('region', { name: 'SMS' }));
  expect(sms.getByRole('link', { name: 'old' })).toBeTruthy();
  await userEvent.click(sms.getByRole('button', { name: 'Add a route by number' }));
  expect(sms.getByText(/have no route yet and get no messages/)).toBeTruthy();
  await userEvent.click(sms.getByRole('button', { name: 'Save the routes of SMS' }));
  expect(
    await sms.findByRole('textbox', {
      name: 'Number starts with',
      description: new RegExp(detail.replace('+', '\\+')),
    }),
  ).toBeTruthy();
});
