import { expect, test } from 'vitest';

import { dress, undressed } from './pills';

function shown(html: string) {
  const field = document.createElement('div');
  field.innerHTML = html;
  dress(field, (inside) => `<${inside.trim()}>`);
  return field;
}

test('placeholders are shown by name, and the text is the same without the pills', () => {
  for (const html of [
    '<p>Dear {{member.first_name}}, <b>{{ location.name }}</b></p>',
    '{{#if a.b}}x{{else}}{{c}}{{/if}}',
    '<a href="https://x.example/{{url c}}">go</a> {{currency d "EUR"}} &amp; &lt;{{e}}&gt;',
    '{{half',
  ]) {
    const field = shown(html);
    // Drawing it again changes nothing.
    dress(field, () => 'other');
    expect(undressed(field)).toBe(html);
  }
  const pills = shown('<p>{{a.b}} and {{c}}</p>').querySelectorAll<HTMLElement>('[data-pill]');
  expect(Array.from(pills).map((it) => [it.dataset['pill'], it.textContent])).toEqual([
    ['<a.b>', '{{a.b}}'],
    ['<c>', '{{c}}'],
  ]);
});
