import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import type { Schemas } from '../../api';
import { show } from '../../testing/render';
import { server } from '../../testing/server';
import { vendors } from '../testing/vendors';
import { AccountForm } from './AccountForm';

function vendor(id: string) {
  const found = vendors.find((it) => it.id === id);
  if (found === undefined) throw new Error(id);
  return found;
}

const transport: Schemas['Transport'] = {
  id: 'mail',
  channel: 'email',
  vendor: 'smtp',
  enabled: true,
  in_use: true,
  created_at: '2026-11-01T08:00:00Z',
  from: 'news@example.org',
  settings: { host: 'smtp.example.org' },
  limits: {},
  breaker: { state: 'closed', trips: 0 },
};

/** Answers every attempt to save with what `answer` says, and keeps the bodies. */
function saving(answer: () => Response) {
  const bodies: Schemas['SetTransport'][] = [];
  server.use(
    http.put('*/v1/transports/:transport', async ({ request }) => {
      bodies.push((await request.json()) as Schemas['SetTransport']);
      return answer();
    }),
    http.get('*/v1/tenant', () => HttpResponse.json({ identities: [] })),
  );
  return bodies;
}

function refusing(...errors: Schemas['FieldError'][]) {
  return HttpResponse.json(
    { type: 'https://x/problems/invalid-field', title: 'Invalid field', status: 422, errors, request_id: 'r-1' },
    { status: 422 },
  );
}

test('credentials that are set are kept unless new ones are entered', async () => {
  const bodies = saving(() => HttpResponse.json(transport));
  show(<AccountForm vendor={vendor('smtp')} transport={transport} onSaved={() => undefined} />);
  expect(screen.queryByLabelText(/^Password/)).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(bodies).toHaveLength(1));
  expect(bodies[0]).toEqual({ vendor: 'smtp', from: 'news@example.org', settings: { host: 'smtp.example.org' } });

  await userEvent.click(screen.getByRole('button', { name: 'Enter new ones' }));
  await userEvent.type(screen.getByRole('textbox', { name: /^Username/ }), 'u');
  await userEvent.type(screen.getByLabelText(/^Password/), 'p');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(bodies).toHaveLength(2));
  expect(bodies[1]?.credentials).toEqual({ username: 'u', password: 'p' });
});

test('credentials are asked for if the server does not keep them, and what is refused stands at its field', async () => {
  saving(() =>
    refusing(
      { field: 'credentials', code: 'missing', detail: 'the credentials of the smtp account' },
      { field: 'settings.host', code: 'invalid_setting', detail: 'a public host name' },
    ),
  );
  show(<AccountForm vendor={vendor('smtp')} transport={transport} onSaved={() => undefined} />);
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  const host = await screen.findByRole('textbox', { name: /^Server/, description: /a public host name/ });
  await waitFor(() => expect(document.activeElement).toBe(host));
  expect(screen.getByLabelText(/^Password/)).toBeTruthy();
  expect(screen.getByText(/the credentials of the smtp account/)).toBeTruthy();
});

test('of groups that exclude each other only the chosen one is sent', async () => {
  const bodies = saving(() => HttpResponse.json(transport));
  show(<AccountForm vendor={vendor('google')} onSaved={() => undefined} />);
  await userEvent.type(screen.getByLabelText(/^Client secret/), 'old');
  await userEvent.click(screen.getByRole('radio', { name: 'Service account, Private key, and Mailbox' }));
  expect(screen.queryByLabelText(/^Client secret/)).toBeNull();
  await userEvent.type(screen.getByRole('textbox', { name: /^Service account/ }), 'a@b');
  await userEvent.click(screen.getByRole('button', { name: 'Set up' }));
  await waitFor(() => expect(bodies).toHaveLength(1));
  expect(bodies[0]?.credentials).toEqual({ client_email: 'a@b' });
});

test('values with names of their own are sent under them', async () => {
  const bodies = saving(() => HttpResponse.json(transport));
  show(<AccountForm vendor={vendor('http_sms')} onSaved={() => undefined} />);
  const headers = within(screen.getByRole('group', { name: 'Header' }));
  await userEvent.click(headers.getByRole('button', { name: 'Add one' }));
  await userEvent.type(headers.getByLabelText('Name 1'), 'X-Key');
  await userEvent.type(headers.getByLabelText('Value 1'), 'secret');
  await userEvent.click(screen.getByRole('button', { name: 'Set up' }));
  await waitFor(() => expect(bodies).toHaveLength(1));
  expect(bodies[0]?.credentials).toEqual({ 'header_X-Key': 'secret' });
});

test('a new account never replaces one that exists', async () => {
  const bodies = saving(() => HttpResponse.json(transport));
  show(<AccountForm vendor={vendor('ses')} taken={['ses', 'ses-2']} onSaved={() => undefined} />);
  const name = screen.getByRole('textbox', { name: /^Name of the account/ });
  expect(name).toHaveProperty('value', 'ses-3');
  await userEvent.clear(name);
  await userEvent.type(name, 'ses');
  await userEvent.click(screen.getByRole('button', { name: 'Set up' }));
  expect(await screen.findByText('Another account has this name.')).toBeTruthy();
  expect(bodies).toEqual([]);
});
