import { screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import type { Schemas } from '../api';
import { show } from '../testing/render';
import { server } from '../testing/server';
import { troubles } from './accounts';
import { HomePage } from './HomePage';

const transport: Schemas['Transport'] = {
  id: 'email-main',
  channel: 'email',
  vendor: 'ses',
  enabled: true,
  in_use: true,
  created_at: '2026-11-01T08:00:00Z',
  breaker: { state: 'closed', trips: 0 },
  limits: { per_day: 1_000, per_second: null },
  used_today: 10,
  settings: {},
};

function answer(transports: Schemas['Transport'][], campaigns: Partial<Schemas['CampaignSummary']>[]) {
  server.use(
    http.get('*/v1/campaigns', () => HttpResponse.json({ campaigns, next_cursor: null })),
    http.get('*/v1/transports', () => HttpResponse.json({ transports })),
    http.get('*/v1/dead-letters', () =>
      HttpResponse.json({ dead_letters: [{ status: 'waiting' }, { status: 'closed' }], next_cursor: null }),
    ),
    http.get('*/v1/jobs', () => HttpResponse.json({ jobs: [{ status: 'failed' }, { status: 'done' }] })),
  );
}

const to = async (name: string) => (await screen.findByRole('link', { name })).getAttribute('href');
const kinds = (...all: Schemas['Transport'][]) => troubles(all).map(({ kind }) => kind);

test('somebody who has sent nothing sees the first steps, and which are done', async () => {
  answer([transport], []);
  show(<HomePage />);
  expect(await screen.findByText('Three steps to the first campaign')).toBeTruthy();
  expect(await screen.findByText('Done')).toBeTruthy();
});

test('what needs somebody is listed, with where it can be mended', async () => {
  const paused = {
    id: '0192f0c4-0000-7000-8000-000000000001',
    name: 'Storm',
    status: 'paused' as const,
    channels: ['sms' as const],
    stalled: [{ code: 'paused', text: 'Paused.' }],
    updated_at: '2026-11-01T08:00:00Z',
  };
  answer([{ ...transport, used_today: 950 }], [paused]);
  show(<HomePage />);
  expect(await to('Storm')).toBe(`/campaigns/${paused.id}`);
  expect(await to('email-main')).toBe('/transports');
  expect(await to('Messages given up')).toBe('/attention');
  expect(await to('Background tasks')).toBe('/attention');
  expect(screen.queryByText('Paused.')).toBeNull();
});

test('an account is named if it cannot send or is nearly used up, not if it was switched off on purpose', () => {
  const off = { ...transport, id: 'old', enabled: false };
  expect(kinds(transport, off)).toEqual([]);
  expect(kinds(off)).toEqual(['switched_off']);
  expect(kinds({ ...transport, used_today: 800 })).toEqual(['nearly_used']);
  expect(kinds({ ...transport, breaker: { state: 'open', trips: 1 } })).toEqual(['broken']);
});
