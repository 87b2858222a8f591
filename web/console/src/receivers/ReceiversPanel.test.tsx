import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import type { Schemas } from '../api';
import { show } from '../testing/render';
import { server } from '../testing/server';
import { ReceiversPanel } from './ReceiversPanel';
import { useSwitching } from './useSwitching';

const campaign = { id: 'c-1', loading: false, totals: { receivers: 25_000 } } as unknown as Schemas['Campaign'];

function receiver(id: string, on: boolean): Schemas['Receiver'] {
  const state = on ? { on } : { on, reason: 'switched_off' as const };
  return { id, email: `${id}@example.org`, first_name: id, source: 'api', variables: {}, channels: { email: state } };
}

function job(status: Schemas['JobStatus']): Schemas['Job'] {
  return {
    id: 'j-1',
    kind: 'switch',
    campaign: campaign.id,
    status,
    progress: { done: status === 'done' ? 25_000 : 100, total: 25_000 },
    started_by: 'key',
    started_at: '2026-11-01T08:00:00Z',
    updated_at: '2026-11-01T08:00:00Z',
  };
}

function Panel() {
  const switching = useSwitching(campaign.id, campaign.loading);
  return <ReceiversPanel campaign={campaign} channels={['email']} files={[]} switching={switching} />;
}

test('a search goes on over pages without a match, and says when it is at the end', async () => {
  const cursors: (string | null)[] = [];
  server.use(
    http.get('*/v1/campaigns/:campaign/receivers', ({ request }) => {
      const { searchParams } = new URL(request.url);
      expect(searchParams.get('search')).toBe('zoe');
      const cursor = searchParams.get('cursor');
      cursors.push(cursor);
      if (cursor === null) return HttpResponse.json({ receivers: [], next_cursor: '1' });
      if (cursor === '1') return HttpResponse.json({ receivers: [], next_cursor: '2' });
      return HttpResponse.json({ receivers: [receiver('zoe', true)], next_cursor: null });
    }),
  );
  show(<Panel />, '/?search=zoe');
  expect(await screen.findByText(/25,000 receivers/)).toBeTruthy();
  expect(await screen.findByText('1 receiver matches')).toBeTruthy();
  expect(cursors).toEqual([null, '1', '2']);
});

test('a switch for everybody is asked for, followed to its end, and then shown in the rows', async () => {
  let done = false;
  const bodies: unknown[] = [];
  server.use(
    http.get('*/v1/campaigns/:campaign/receivers', () =>
      HttpResponse.json({ receivers: [receiver('ann', !done)], next_cursor: null }),
    ),
    http.post('*/v1/campaigns/:campaign/receivers/switch', async ({ request }) => {
      bodies.push(await request.json());
      return HttpResponse.json(job('running'), { status: 202 });
    }),
    http.get('*/v1/jobs/:job', () => {
      done = true;
      return HttpResponse.json(job('done'));
    }),
  );
  show(<Panel />);
  expect(await screen.findAllByRole('switch', { name: /ann/, checked: true })).toHaveLength(1);
  await userEvent.click(screen.getByRole('button', { name: 'Email: all off' }));
  expect(await screen.findByText(/Switch Email off for all 25,000 receivers/)).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Switch off' }));
  expect(await screen.findByText(/cannot be sent until this is done/)).toBeTruthy();
  await waitFor(() => expect(screen.getByText(/Email was switched off/)).toBeTruthy(), { timeout: 8_000 });
  expect(await screen.findAllByRole('switch', { name: /ann/, checked: false })).toHaveLength(1);
  expect(bodies).toEqual([{ channel: 'email', on: false }]);
}, 20_000);
