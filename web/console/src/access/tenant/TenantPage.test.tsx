import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import type { Schemas } from '../../api';
import { show } from '../../testing/render';
import { server } from '../../testing/server';
import { TenantPage } from './TenantPage';

const tenant: Schemas['Tenant'] = {
  id: 'demo',
  name: 'Mill Lane Fibre',
  created_at: '2026-01-01T00:00:00Z',
  maximum_lateness_minutes: 60,
  sender: { name: 'Mill Lane Fibre', address: '1 Mill Lane' },
  identities: ['email:news@example.org', 'sender:*', 'new-kind:<b>x</b>'],
  prices: { currency: 'EUR', tariffs: [{ channel: 'sms', prefix: '+44', least: '0.03' }] },
};

test('only what was changed is sent, and what is refused stands at its field', async () => {
  const bodies: unknown[] = [];
  server.use(
    http.get('*/v1/tenant', () => HttpResponse.json(tenant)),
    http.patch('*/v1/tenant', async ({ request }) => {
      bodies.push(await request.json());
      const errors = [{ field: 'sender.privacy_url', code: 'invalid_url', detail: 'an https URL' }];
      return HttpResponse.json(
        { type: 'https://x/problems/invalid-field', title: 'Invalid field', status: 422, errors },
        { status: 422 },
      );
    }),
  );
  show(<TenantPage />);
  const link = await screen.findByRole('textbox', { name: 'Link to your privacy policy' });
  await userEvent.type(link, 'x');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(document.activeElement).toBe(link));
  expect(screen.getByText('an https URL')).toBeTruthy();
  // The sender is replaced as a whole; its name is the tenant's, which is the default.
  expect(bodies).toEqual([{ sender: { address: '1 Mill Lane', privacy_url: 'x' } }]);
  expect(screen.getByText('new-kind:<b>x</b>')).toBeTruthy();
});
