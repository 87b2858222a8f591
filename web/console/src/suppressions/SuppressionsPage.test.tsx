import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import type { Schemas } from '../api';
import { show } from '../testing/render';
import { server } from '../testing/server';
import { SuppressionsPage } from './SuppressionsPage';

function answering(suppressions: Schemas['Suppression'][]) {
  server.use(
    http.get('*/v1/suppressions', () => HttpResponse.json({ suppressions, next_cursor: null })),
    http.get('*/v1/tenant', () => HttpResponse.json({ default_region: null })),
  );
}

test('who unsubscribed is removed only after a warning that says so', async () => {
  const removed: unknown[] = [];
  answering([]);
  server.use(
    http.post('*/v1/suppressions/remove', async ({ request }) => {
      removed.push(await request.json());
      return HttpResponse.json({ removed: true });
    }),
    http.post('*/v1/suppressions/check', () =>
      HttpResponse.json({
        suppression: {
          address: 'ann@example.org',
          channel: 'email',
          source: 'unsubscribed',
          at: '2026-01-01T00:00:00Z',
        },
      }),
    ),
  );
  show(<SuppressionsPage />, '/?open=check');
  await userEvent.type(await screen.findByLabelText('Email address'), 'ann@example.org');
  await userEvent.click(screen.getByRole('button', { name: 'Check' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Remove the suppression' }));
  const question = within(await screen.findByRole('dialog', { name: 'Write to this address again?' }));
  expect(question.getByText(/They unsubscribed themselves/)).toBeTruthy();
  expect(removed).toEqual([]);
  await userEvent.click(question.getByRole('button', { name: 'Remove the suppression' }));
  await waitFor(() => expect(removed).toEqual([{ channel: 'email', address: 'ann@example.org' }]));
});

test('a long list goes in batches, goes on after a failure, and names the lines that were refused', async () => {
  answering([]);
  const sizes: number[] = [];
  let fails = true;
  server.use(
    http.post('*/v1/suppressions/import', async ({ request }) => {
      const { addresses } = (await request.json()) as { addresses: string[] };
      if (sizes.length === 1 && fails) {
        fails = false;
        return HttpResponse.json({ title: 'Not now', status: 422, detail: 'Later.' }, { status: 422 });
      }
      sizes.push(addresses.length);
      const refused = sizes.length === 2 ? [{ index: 0, code: 'invalid_email', detail: 'not an email address' }] : [];
      return HttpResponse.json({ added: addresses.length - refused.length, known: 0, refused });
    }),
  );
  show(<SuppressionsPage />, '/?open=many');
  const list = Array.from({ length: 1_002 }, (_, index) =>
    index === 1_000 ? 'not <b>one</b>' : `p${index}@example.org`,
  );
  fireEvent.change(await screen.findByRole('textbox', { name: 'Addresses' }), { target: { value: list.join('\n') } });
  await userEvent.click(screen.getByRole('button', { name: /Suppress 1.?002 addresses/ }));
  expect(await screen.findByText('Stopped early')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('The list has been added')).toBeTruthy();
  expect(sizes).toEqual([1_000, 2]);
  const row = within(screen.getByRole('row', { name: /not <b>one<\/b>/ }));
  expect(row.getByText('1,001')).toBeTruthy();
  expect(row.getByText('not an email address')).toBeTruthy();
});
