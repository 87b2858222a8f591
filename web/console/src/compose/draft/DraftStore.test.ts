import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';

import type { Schemas } from '../../api';
import { server } from '../../testing/server';
import { DraftStore } from './DraftStore';
import { keptEdits } from './keptEdits';

type Campaign = Schemas['Campaign'];

const id = '0192f0c4-0000-7000-8000-000000000001';
const draft = {
  id,
  name: 'Spring',
  version: 1,
  status: 'draft',
  channels: ['email'],
  priority: 'normal',
  on_unknown: 'hold',
  loading: false,
  stalled: [],
  flags: [],
  created_at: '2026-11-01T08:00:00Z',
  updated_at: '2026-11-01T08:00:00Z',
  totals: { receivers: 0, channels: {} },
  content: { email: { subject: 'Hello', html: '<p>Hi</p>' } },
} as Campaign;

type Sent = { version: string | null; body: Record<string, unknown> };

/** An API that has one draft. `refuse` may answer a change in its place. */
function api(refuse: (sent: Sent) => Response | undefined = () => undefined) {
  const sent: Sent[] = [];
  const state = { campaign: draft };
  server.use(
    http.patch('*/v1/campaigns/:campaign', async ({ request }) => {
      const change = {
        version: request.headers.get('if-match'),
        body: (await request.json()) as Record<string, unknown>,
      };
      sent.push(change);
      const refusal = refuse(change);
      if (refusal !== undefined) return refusal;
      if (change.version !== `"${state.campaign.version}"`) {
        return HttpResponse.json(
          { type: 'https://x/problems/stale-version', title: 'Stale', status: 412, current: state.campaign },
          { status: 412 },
        );
      }
      state.campaign = { ...state.campaign, ...change.body, version: state.campaign.version + 1 };
      return HttpResponse.json(state.campaign);
    }),
  );
  return { sent, state };
}

beforeEach(() => localStorage.clear());

test('one save is under way at a time, and what is typed meanwhile goes with the next', async () => {
  const { sent } = api();
  const store = new DraftStore(draft, 'demo');
  store.edit({ name: 'First' });
  const first = store.flush();
  store.edit({ name: 'Second' });
  store.edit({ priority: 'high' });
  await Promise.all([first, store.flush()]);
  expect(sent).toEqual([
    { version: '"1"', body: { name: 'First' } },
    { version: '"2"', body: { name: 'Second', priority: 'high' } },
  ]);
  expect(store.view().saving.state).toBe('saved');
  expect(keptEdits('demo', id)).toBeUndefined();
});

test('a refused part does not keep the others from being saved, is said, and is not sent again', async () => {
  const { sent } = api(({ body }) =>
    'content' in body && (body['content'] as Campaign['content']).email?.subject === '{{'
      ? HttpResponse.json(
          {
            type: 'https://x/problems/invalid-field',
            title: 'Invalid field',
            status: 422,
            errors: [{ field: 'content.email.subject', code: 'empty', detail: 'cannot be parsed' }],
          },
          { status: 422 },
        )
      : undefined,
  );
  const store = new DraftStore(draft, 'demo');
  store.edit({ name: 'New', content: { email: { subject: '{{', html: '<p>Hi</p>' }, sms: { text: 'Hi' } } });
  await store.flush();
  expect(sent).toHaveLength(2);
  expect(sent[1]?.body).toEqual({ name: 'New', content: { ...draft.content, sms: { text: 'Hi' } } });
  expect(store.view().saving.state).toBe('refused');
  expect(store.view().problem?.of('content.email.subject')).toBe('cannot be parsed');
  expect(store.view().fields.content.email?.subject).toBe('{{');
  expect(keptEdits('demo', id)?.mine.content.email?.subject).toBe('{{');
  await store.flush();
  expect(sent).toHaveLength(2);
});

test('an unfinished message waits here, and what is finished is saved', async () => {
  const { sent } = api();
  const store = new DraftStore(draft, 'demo');
  store.edit({
    name: 'New',
    content: { ...draft.content, sms: { text: '' }, push: { title: 'Only a title', body: '' } },
  });
  await store.flush();
  expect(sent).toEqual([{ version: '"1"', body: { name: 'New' } }]);
  expect(store.view().saving).toEqual({ state: 'unfinished', part: 'content.push', lacked: ['body'] });
  expect(keptEdits('demo', id)?.mine.content.push?.title).toBe('Only a title');
});

test('a clash keeps both versions until the person chooses, over a reload too', async () => {
  const { sent, state } = api();
  const store = new DraftStore(draft, 'demo');
  state.campaign = { ...draft, name: 'Theirs', priority: 'low', version: 5 };
  store.edit({ name: 'Mine' });
  await store.flush();
  const again = new DraftStore(state.campaign, 'demo');
  for (const it of [store, again]) {
    const { saving } = it.view();
    expect(saving.state === 'clash' && saving.clashes).toEqual([{ part: 'name', mine: 'Mine', theirs: 'Theirs' }]);
    expect(it.view().fields.priority).toBe('low');
  }
  again.resolve(new Map([['name', 'mine']]));
  await again.flush();
  expect(sent.at(-1)).toEqual({ version: '"5"', body: { name: 'Mine' } });
});

test('without an answer the edits are kept and are there after a reload', async () => {
  const { sent } = api(() => HttpResponse.error());
  const store = new DraftStore(draft, 'demo');
  store.edit({ name: 'Typed on a train' });
  await store.flush();
  expect(store.view().saving.state).toBe('waiting');
  server.resetHandlers();
  const later = api();
  const again = new DraftStore(draft, 'demo');
  expect(again.view().fields.name).toBe('Typed on a train');
  await again.flush();
  expect(later.sent).toEqual([{ version: '"1"', body: { name: 'Typed on a train' } }]);
  expect(sent).toHaveLength(1);
  store.discard();
});

test('what the API writes in another form is neither sent again nor taken from under the fingers', async () => {
  const { sent } = api(({ body }) => HttpResponse.json({ ...draft, name: String(body['name']).trim(), version: 2 }));
  const store = new DraftStore(draft, 'demo');
  store.edit({ name: 'Spring news ' });
  await store.flush();
  await store.flush();
  expect(sent).toHaveLength(1);
  expect(store.view().fields.name).toBe('Spring news ');
  expect(store.view().saving.state).toBe('saved');
});
