import { configure, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test, vi } from 'vitest';

import { server } from '../../testing/server';
import { show } from '../../testing/render';
import { TemplatePage } from './TemplatePage';

const template = {
  id: '0192f0c4-0000-7000-8000-000000000001',
  name: 'Outage',
  version: 3,
  priority: 'normal',
  active: true,
  content: { sms: { text: 'Hello' } },
  unknown_placeholders: [],
  created_at: '2026-11-01T08:00:00Z',
  updated_at: '2026-11-01T09:00:00Z',
  updated_by: 'k',
};

let sent: { match: string | null; body: { content: unknown; name: string } }[];
let answers: ((body: { content: unknown }) => Response)[];

// Roles are found slowly in a page of this size.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 30_000 });

beforeEach(() => {
  sent = [];
  answers = [];
  server.use(
    http.get('*/v1/tenant', () => HttpResponse.json({ id: 'demo', name: 'Demo' })),
    http.get('*/v1/wrappers', () => HttpResponse.json({ wrappers: [] })),
    http.get('*/v1/templates/:id', () => HttpResponse.json(template)),
    http.post('*/v1/templates/:id/preview', () =>
      HttpResponse.json({ unknown_placeholders: [], samples: [], text: '' }),
    ),
    http.patch('*/v1/templates/:id', async ({ request }) => {
      const body = (await request.json()) as { content: unknown; name: string };
      sent.push({ match: request.headers.get('If-Match'), body });
      const answer = answers.shift();
      return answer === undefined ? HttpResponse.json({ ...template, ...body, version: 4 }) : answer(body);
    }),
  );
});

async function opened() {
  const drawn = show(
    [
      { path: '/templates/:template', element: <TemplatePage /> },
      { path: '/templates', element: <p>All templates</p> },
    ],
    `/templates/${template.id}?channel=sms`,
  );
  return { ...drawn, field: await screen.findByLabelText('Text message') };
}

test('what is typed while a save is under way stays and belongs to the next one', async () => {
  const slow = new EventTarget();
  server.use(
    http.patch('*/v1/templates/:id', async ({ request }) => {
      const body = (await request.json()) as { content: unknown; name: string };
      sent.push({ match: request.headers.get('If-Match'), body });
      await new Promise((done) => slow.addEventListener('finish', done));
      return HttpResponse.json({ ...template, ...body, version: 3 + sent.length });
    }),
  );
  const { field } = await opened();
  await userEvent.type(field, ' you');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await userEvent.type(field, ' there');
  slow.dispatchEvent(new Event('finish'));
  await waitFor(() => expect(screen.getByText('Not saved yet')).toBeTruthy());
  expect(field).toHaveProperty('value', 'Hello you there');
  await userEvent.click(await screen.findByRole('button', { name: 'Save' }));
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(sent.map((it) => it.match)).toEqual(['"3"', '"4"']);
  expect(sent[1]?.body.content).toEqual({ sms: { text: 'Hello you there' } });
});

test('if somebody else saved first, both versions are shown and one is chosen', async () => {
  const theirs = { ...template, version: 7, content: { sms: { text: 'Theirs' } } };
  answers.push(() =>
    HttpResponse.json(
      { type: 'https://x.example/problems/stale-version', title: 'Changed', status: 412, current: theirs },
      { status: 412 },
    ),
  );
  const { field } = await opened();
  await userEvent.type(field, ' mine');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('Theirs')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Overwrite with mine' }));
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[1]).toMatchObject({ match: '"7"', body: { content: { sms: { text: 'Hello mine' } } } });
});

test('leaving with changes asks', async () => {
  const { router, field } = await opened();
  await userEvent.type(field, ' x');
  void router.navigate('/templates');
  await userEvent.click(await screen.findByRole('button', { name: 'Not now' }));
  expect(screen.queryByText('All templates')).toBeNull();
  expect(field).toHaveProperty('value', 'Hello x');
});
