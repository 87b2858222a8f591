import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import type { Rows, Schemas } from '../api';
import { show } from '../testing/render';
import { server } from '../testing/server';
import { DeadLetters } from './DeadLetters';

const letter: Schemas['DeadLetter'] = {
  id: 'd-1',
  kind: 'delivery',
  queue: 'sending-dead',
  reason: { code: 'dead_letter', text: 'The message was received 20 times.' },
  received: 20,
  recorded_at: '2026-11-30T12:00:00Z',
  status: 'waiting',
};

const rows: Rows<Schemas['DeadLetter']> = {
  rows: [letter, { ...letter, id: 'd-2' }, { ...letter, id: 'd-3', status: 'closed' }],
  problem: undefined,
  more: false,
  loading: false,
  loadMore: () => undefined,
  retry: () => undefined,
};

test('those that wait are tried again after a question; all of them in as many requests as it takes', async () => {
  const bodies: unknown[] = [];
  server.use(
    http.post('*/v1/dead-letters/redrive', async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json({ redriven: 1, closed: 0, more: bodies.length === 2 });
    }),
  );
  show(<DeadLetters rows={rows} campaigns={[]} />);
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select all that are waiting' }));
  await userEvent.click(screen.getByRole('button', { name: 'Try 2 again' }));
  expect(bodies).toEqual([]);
  const some = await screen.findByRole('dialog', { name: 'Try 2 again?' });
  await userEvent.click(within(some).getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(bodies).toEqual([{ ids: ['d-1', 'd-2'] }]));

  await userEvent.click(await screen.findByRole('button', { name: 'Try all again' }));
  const all = await screen.findByRole('dialog', { name: 'Try all of them again?' });
  await userEvent.click(within(all).getByRole('button', { name: 'Try all again' }));
  await waitFor(() => expect(bodies.slice(1)).toEqual([{ all: true }, { all: true }]));
});
