import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { server } from '../testing/server';
import { show } from '../testing/render';
import { CampaignsPage } from './CampaignsPage';

const campaign = {
  id: '0192f0c4-0000-7000-8000-000000000001',
  name: '<b>Spring</b> newsletter',
  status: 'completed',
  channels: ['email', 'sms'],
  priority: 'normal',
  loading: false,
  stalled: [],
  created_at: '2026-11-01T08:00:00Z',
  updated_at: '2026-11-01T09:00:00Z',
  completed_at: '2026-11-01T09:00:00Z',
};

test('a filter becomes part of the address and of the request', async () => {
  const asked: string[] = [];
  server.use(
    http.get('*/v1/campaigns', ({ request }) => {
      asked.push(new URL(request.url).search);
      return HttpResponse.json({ campaigns: [campaign] });
    }),
  );
  const { router } = show(<CampaignsPage />);
  await userEvent.click(await screen.findByRole('radio', { name: 'Paused' }));
  expect(router.state.location.search).toBe('?status=paused');
  expect(asked).toEqual(['?limit=50', '?status=paused&limit=50']);
});

test('what the API refused is shown with the id of the request', async () => {
  server.use(
    http.get('*/v1/campaigns', () =>
      HttpResponse.json(
        {
          type: 'https://example.com/problems/unavailable',
          title: 'Unavailable',
          status: 422,
          detail: 'Later.',
          request_id: 'r-1',
        },
        { status: 422 },
      ),
    ),
  );
  show(<CampaignsPage />);
  expect(await screen.findByRole('alert')).toHaveProperty('textContent', expect.stringContaining('Later.'));
  expect(screen.getByText('r-1')).toBeTruthy();
});
