import { configure, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { useState } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';

import { Problem, type Schemas } from '../../api';
import { server } from '../../testing/server';
import { show } from '../../testing/render';
import { ContentEditor, type ContentEditorProps } from '.';

// Roles are found slowly in a page of this size.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 30_000 });

beforeEach(() => {
  server.use(
    http.get('*/v1/tenant', () => HttpResponse.json({ id: 'demo', name: 'Demo' })),
    http.get('*/v1/wrappers', () => HttpResponse.json({ wrappers: [] })),
  );
});

const shown: Schemas['Preview'] = { unknown_placeholders: [], samples: [], text: 'Made by the server' };
let content: Schemas['Content'];

function changed(next: Schemas['Content']) {
  content = next;
}

function Harness({ start, ...props }: { start: Schemas['Content'] } & Partial<ContentEditorProps>) {
  const [value, setValue] = useState(start);
  const change = (next: Schemas['Content']) => {
    changed(next);
    setValue(next);
  };
  return (
    <ContentEditor
      value={value}
      onChange={change}
      channels={['sms', 'push']}
      problem={null}
      preview={() => Promise.resolve(shown)}
      version={1}
      {...props}
    />
  );
}

test('typing {{ opens the placeholders, and Enter puts one in', async () => {
  show(<Harness start={{ variables: [{ path: 'outage.area', description: 'Where', sample: 'Riverside' }] }} />);
  const field = screen.getByLabelText('Text message');
  await userEvent.type(field, 'Hi {{{{');
  const list = screen.getByRole('listbox', { name: 'Placeholders' });
  expect(within(list).getByRole('option', { name: /outage\.area/ })).toBeTruthy();
  await userEvent.type(field, 'member.la');
  expect(screen.getByRole('option', { selected: true }).textContent).toContain('member.last_name');
  await userEvent.keyboard('{Enter}, bye');
  expect(content.sms?.text).toBe('Hi {{member.last_name}}, bye');
  expect(screen.queryByRole('listbox')).toBeNull();
  await userEvent.type(field, ' {{{{');
  await userEvent.keyboard('{ArrowDown}{Escape}');
  expect(screen.queryByRole('listbox')).toBeNull();
  expect(content.sms?.text).toBe('Hi {{member.last_name}}, bye {{');
});

test('a chip goes to the cursor, and is declared so that its preview has a sample', async () => {
  show(<Harness start={{ sms: { text: 'Dear , hello' } }} />);
  const field = screen.getByLabelText<HTMLTextAreaElement>('Text message');
  await userEvent.click(field);
  field.setSelectionRange(5, 5);
  await userEvent.click(screen.getByRole('button', { name: 'Insert Location' }));
  await userEvent.keyboard('!');
  expect(content.sms?.text).toBe('Dear {{location.name}}!, hello');
  expect(content.variables).toEqual([{ path: 'location.name', sample: 'Riverside' }]);
});

test('an unknown placeholder is marked, and one click corrects it', async () => {
  show(<Harness start={{ sms: { text: 'Hi {{member.frist_name}}' } }} />);
  await userEvent.click(screen.getByRole('button', { name: 'Use member.first_name' }));
  expect(content.sms?.text).toBe('Hi {{member.first_name}}');
});

test('each language and channel keeps what was typed in it', async () => {
  show(<Harness start={{ sms: { text: 'Hello' }, languages: { de: {} } }} />);
  expect(screen.getByRole('img', { name: 'Missing: SMS' })).toBeTruthy();
  await userEvent.click(screen.getByRole('tab', { name: /German/ }));
  await userEvent.click(await screen.findByRole('button', { name: 'Start from the default text' }));
  await userEvent.type(screen.getByLabelText('Text message'), ' Welt');
  await userEvent.click(screen.getByRole('tab', { name: /^Push/ }));
  await userEvent.type(await screen.findByLabelText('Title'), 'Neu');
  await userEvent.click(screen.getByRole('tab', { name: /English/ }));
  await userEvent.click(screen.getByRole('tab', { name: /^SMS/ }));
  await userEvent.type(await screen.findByLabelText('Text message'), '!');
  expect(content).toEqual({
    sms: { text: 'Hello!' },
    languages: { de: { sms: { text: 'Hello Welt' }, push: { title: 'Neu', body: '' } } },
  });
});

test('another language becomes the default without losing either text', async () => {
  show(<Harness start={{ sms: { text: 'Hello' }, languages: { de: { sms: { text: 'Hallo' } } } }} />, '/?language=de');
  await userEvent.click(screen.getByRole('button', { name: 'Actions for German' }));
  await userEvent.click(await screen.findByText('Make it the default'));
  expect(content).toEqual({ language: 'de', sms: { text: 'Hallo' }, languages: { en: { sms: { text: 'Hello' } } } });
});

test('what the API refused stands at its field, and marks the tabs that lead there', () => {
  const errors = [{ field: 'content.languages.de.sms.text', code: 'invalid', detail: 'at most 1600 characters' }];
  const problem = new Problem(422, 'invalid-field', 'Invalid field', undefined, { errors }, 'r-1');
  show(
    <Harness start={{ sms: { text: 'x' }, languages: { de: { sms: { text: 'y' } } } }} problem={problem} />,
    '/?language=de',
  );
  expect(screen.getByLabelText('Text message').getAttribute('aria-describedby')).toContain('error');
  expect(screen.getByText('at most 1600 characters')).toBeTruthy();
  const marks = screen.getAllByRole('img', { name: 'Something needs to be corrected' });
  expect(marks.map((it) => it.closest('[role=tab]')?.textContent)).toEqual(['SMS', 'German']);
});

test('the preview is asked for again when another version was saved, and not at each key', async () => {
  const preview = vi.fn(() => Promise.resolve(shown));
  function Saved() {
    const [version, setVersion] = useState(1);
    return (
      <>
        <button type="button" onClick={() => setVersion(2)}>
          Saved
        </button>
        <Harness start={{ sms: { text: 'x' } }} preview={preview} version={version} />
      </>
    );
  }
  show(<Saved />);
  expect(await screen.findByText('Made by the server')).toBeTruthy();
  await userEvent.type(screen.getByLabelText('Text message'), 'abc');
  expect(preview).toHaveBeenCalledTimes(1);
  await userEvent.click(screen.getByRole('button', { name: 'Saved' }));
  await waitFor(() => expect(preview).toHaveBeenCalledTimes(2));
});

test('no preview is asked for before the server has a text', async () => {
  const preview = vi.fn(() => Promise.resolve(shown));
  show(<Harness start={{ sms: { text: 'x' } }} saved={{}} preview={preview} />);
  expect(await screen.findByText('Nothing to preview yet')).toBeTruthy();
  expect(preview).not.toHaveBeenCalled();
});

test('an empty SMS takes over the words of the email, with its placeholders', async () => {
  const mjml =
    '<mjml><mj-body><mj-section><mj-column><mj-divider /><mj-text><p>Dear {{member.first_name}},</p><p>all&#160;is <b>well</b>.</p></mj-text>' +
    '<mj-button href="https://x.example/{{url a.b}}">Read</mj-button></mj-column></mj-section></mj-body></mjml>';
  show(<Harness start={{ email: { subject: 'Hi', mjml } }} />);
  await userEvent.click(screen.getByRole('button', { name: 'Use the email’s text' }));
  expect(content.sms?.text).toBe('Dear {{member.first_name}},\n\nall is well.\n\nRead (https://x.example/{{url a.b}})');
  expect(document.activeElement).toBe(screen.getByLabelText('Text message'));
  expect(screen.queryByRole('button', { name: 'Use the email’s text' })).toBeNull();
});

test('plain text becomes the HTML of an email, and going on with it is asked before a design is lost', async () => {
  show(<Harness start={{ email: { subject: 'Hi', html: '<h1>Big</h1><p>News</p>' } }} channels={['email']} />);
  await userEvent.click(screen.getByRole('radio', { name: 'Plain text' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Switch to plain text' }));
  await waitFor(() => expect(content.email?.text).toBe('Big\n\nNews'));
  await userEvent.type(await screen.findByRole('textbox', { name: 'Text' }), ' & <more>');
  expect(content.email).toEqual({
    subject: 'Hi',
    text: 'Big\n\nNews & <more>',
    html: '<p>Big</p>\n<p>News &amp; &lt;more&gt;</p>',
  });
});

test('only the chosen channels have tabs, and the seldom needed fields say what is set in them', async () => {
  const email = { subject: 'Hi', html: '<p>Hi</p>', reply_to: 'desk@example.com' };
  const start = { email, sms: { text: 'Hi' }, toolbar: { title: 'a', description: 'b' } };
  show(<Harness start={start} channels={['email']} channelsAt="/delivery" />);
  expect(screen.getAllByRole('tab').map((it) => it.textContent)).toEqual(['Email']);
  const more = screen.getByRole('button', { name: /Replies to desk@example.com/ });
  expect(screen.queryByLabelText('Replies go to')).toBeNull();
  await userEvent.click(more);
  await userEvent.clear(screen.getByLabelText('Replies go to'));
  expect(content.email).toEqual({ subject: 'Hi', html: '<p>Hi</p>' });
  await userEvent.click(screen.getByRole('button', { name: 'Other channels' }));
  expect((await screen.findByText('Choose the channels')).closest('a')?.getAttribute('href')).toBe('/delivery');
  await userEvent.click(await screen.findByText('Toolbar: a short note'));
  expect(screen.getByRole('tab', { name: 'Toolbar', selected: true })).toBeTruthy();
});

test('before anything has the focus, a placeholder goes into the text', async () => {
  show(<Harness start={{ push: { title: 'Off', body: 'Dear ' } }} channels={['push']} />);
  await userEvent.click(screen.getByRole('button', { name: 'Insert First name' }));
  expect(content.push).toEqual({ title: 'Off', body: 'Dear {{member.first_name}}' });
  expect(screen.getByText('Filled in when it is sent:').parentElement?.textContent).toContain('First name');
});
