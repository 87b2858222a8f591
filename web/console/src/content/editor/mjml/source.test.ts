import { expect, test } from 'vitest';

import { type Block, type Live, read, write } from './source';

const full = `<?xml version="1.0"?>
<!-- <mj-body> in a comment -->
<mjml lang='en'>
  <mj-head>
    <mj-title>A &amp; B</mj-title>
    <mj-attributes><mj-all font-family="Arial"/><mj-class name="big" font-size="20px" /></mj-attributes>
    <mj-style>.x > b { color: red }</mj-style>
  </mj-head>
  <mj-body background-color='#eee'  width="600px">
    {{! kept }}
    <mj-section   padding="10px"
                  css-class="x">
      <mj-column>
        <!-- a note -->
        <mj-text mj-class="big">Hello {{#if member.first_name}}<b>{{member.first_name}}</b>{{/if}},<br/>a < b</mj-text>
        <mj-button href="https://x.example/?a=1&amp;b={{url member.last_name}}">Go</mj-button>
        <mj-image src="https://x.example/a.png" alt="A &quot;b&quot;"/>
        <mj-table><tr><td>x</td></tr></mj-table>
        <mj-raw>{{#each items}}</mj-raw><mj-divider /><mj-raw>{{/each}}</mj-raw>
      </mj-column>
    </mj-section>
    <mj-section><mj-column></mj-column></mj-section>
  </mj-body>
</mjml>
<!-- end -->`;

const same = (source: Block): Live => ({
  tag: source.tag,
  source,
  changed: new Map(),
  inner: undefined,
  children: source.inner === undefined ? source.children.map(same) : undefined,
});

function opened(mjml: string) {
  const source = read(mjml);
  if (source === undefined) throw new Error('not read');
  return { source, body: same(source.body) };
}

/** The block at a place, which is known to be there. */
function at(live: Live, ...path: number[]): Live {
  const [first, ...rest] = path;
  if (first === undefined) return live;
  const child = live.children?.[first];
  if (child === undefined) throw new Error('no such block');
  return at(child, ...rest);
}

test('what is not changed is written as it was', () => {
  const { source, body } = opened(full);
  expect(write(source, body)).toBe(full);
});

test('a change leaves everything else as it was', () => {
  const { source, body } = opened(full);
  at(body, 0, 0, 0).inner = 'Good morning';
  at(body, 0, 0, 1).changed = new Map([
    ['href', 'https://y.example/'],
    ['title', 'a "b" <c>'],
  ]);
  at(body, 0).changed = new Map([['css-class', undefined]]);
  expect(write(source, body)).toBe(
    full
      .replace('Hello {{#if member.first_name}}<b>{{member.first_name}}</b>{{/if}},<br/>a < b', 'Good morning')
      .replace(
        'https://x.example/?a=1&amp;b={{url member.last_name}}"',
        'https://y.example/" title="a &quot;b&quot; &lt;c>"',
      )
      .replace('\n                  css-class="x"', ''),
  );
});

test('blocks are added, moved and removed with what belongs to them', () => {
  const { source, body } = opened(full);
  const column = at(body, 0, 0);
  const text: Live = { tag: 'mj-text', source: undefined, changed: new Map(), inner: 'New', children: undefined };
  at(body, 1, 0).children = [text];
  column.children = [at(column, 1), at(column, 0)];
  const after = write(source, body);
  expect(after).toContain('<mj-column>\n      <mj-text>New</mj-text>\n    </mj-column>');
  expect(after.indexOf('<mj-button')).toBeLessThan(after.indexOf('<!-- a note -->\n        <mj-text'));
  expect(after).not.toContain('mj-divider');
  expect(read(after)).toBeDefined();
});

test('what is not well formed is left to the code', () => {
  for (const it of [
    '',
    '<p>x</p>',
    '<mjml><mj-body><mj-section></mj-body></mjml>',
    '<mjml></mjml>',
    '<mjml><mj-body><!-- </mj-body></mjml>',
  ]) {
    expect(read(it)).toBeUndefined();
  }
});
