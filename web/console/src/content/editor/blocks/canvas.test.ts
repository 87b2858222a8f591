import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { mjmlOfHtml, mjmlOfText } from '../mjml/start';
import { Canvas } from './canvas';
import { kinds } from './kinds';

const full = `<mjml>
  <mj-head><mj-attributes><mj-all font-family="Arial"/></mj-attributes></mj-head>
  <mj-body background-color="#eeeeee">
    <!-- kept -->
    <mj-section padding="10px" full-width="full-width">
      <mj-column width='50%'>
        <mj-text color="#111" css-class="a">Hello {{#if member.first_name}}<b>{{member.first_name}}</b>{{/if}},<br/>x</mj-text>
        <mj-button href="https://x.example/?a=1&amp;b={{url member.last_name}}">Go</mj-button>
        <mj-image src="https://x.example/a.png" alt="A &quot;b&quot;"/>
        <mj-table><tr><td>{{x}}</td></tr></mj-table>
        <mj-raw>{{#each items}}</mj-raw><mj-divider /><mj-raw>{{/each}}</mj-raw>
        <mj-social><mj-social-element name="facebook" href="https://x.example/">F</mj-social-element></mj-social>
        <mj-spacer height="20px"></mj-spacer>
      </mj-column>
    </mj-section>
    <mj-wrapper><mj-section><mj-group><mj-column/></mj-group></mj-section></mj-wrapper>
    <mj-hero mode="fluid-height"><mj-text>h</mj-text></mj-hero>
    <mj-section><mj-column><mj-accordion><mj-accordion-element><mj-accordion-title>t</mj-accordion-title></mj-accordion-element></mj-accordion></mj-column></mj-section>
  </mj-body>
</mjml>`;

function opened(mjml: string) {
  const canvas = new Canvas(undefined, () => {});
  expect(canvas.load(mjml)).toBe(true);
  return canvas;
}

/** The emails of the library, each as the builder would take it over. */
function library(): string[] {
  const folder = join(import.meta.dirname, '../../../../../../functions/api/library');
  return readdirSync(folder).flatMap((file) => {
    const { content } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const versions = [content, ...Object.values(content.languages ?? {})] as {
      email?: { html?: string; mjml?: string };
    }[];
    return versions.flatMap(({ email }) => email?.mjml ?? (email?.html === undefined ? [] : mjmlOfHtml(email.html)));
  });
}

test('opening and saving leaves the text as it is, to the letter', () => {
  const all = [full, mjmlOfText('Hello {{member.first_name}},\n\nhttps://x.example/?a=1&b=2'), ...library()];
  expect(all.length).toBeGreaterThan(10);
  for (const it of all) expect(opened(it).text()).toBe(it);
});

test('a change in the canvas leaves everything else as it is', () => {
  const canvas = opened(full);
  const [text] = canvas.body?.findType('mj-text') ?? [];
  text?.set('content', 'Changed');
  canvas.body?.findType('mj-button')[0]?.addAttributes({ color: '#ff0000' });
  expect(canvas.text()).toBe(
    full
      .replace('Hello {{#if member.first_name}}<b>{{member.first_name}}</b>{{/if}},<br/>x', 'Changed')
      .replace('last_name}}"', 'last_name}}" color="#ff0000"'),
  );
});

test('moved, copied and removed blocks take their text along', () => {
  const canvas = opened(full);
  const table = canvas.body?.findType('kept')[0];
  const column = table?.parent();
  column?.append(table?.clone() ?? '');
  table?.remove();
  expect(canvas.text()).toBe(
    full
      .replace('\n        <mj-table><tr><td>{{x}}</td></tr></mj-table>', '')
      .replace('</mj-spacer>', '</mj-spacer>\n        <mj-table><tr><td>{{x}}</td></tr></mj-table>'),
  );
});

test('a new text has letters that can be read, and a text that is there keeps its own', () => {
  const canvas = opened(full);
  const make = kinds.find(({ id }) => id === 'text')?.make;
  canvas.body?.findType('mj-column')[0]?.append(make?.() as never);
  expect(canvas.text()).toBe(
    full.replace('</mj-spacer>', '</mj-spacer>\n        <mj-text font-size="16px" line-height="1.5"><p></p></mj-text>'),
  );
});
