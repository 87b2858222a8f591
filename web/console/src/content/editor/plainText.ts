import type { Schemas } from '../../api';

/** HTML for an email that is written as plain text. */
export function htmlOfText(text: string): string {
  // A block of placeholders has to begin and end in the same paragraph.
  const paragraphs = /\{\{[#/]/.test(text) ? [text.trim()] : text.trim().split(/\n{2,}/);
  return paragraphs.map((it) => `<p>${lines(it)}</p>`).join('\n');
}

function lines(paragraph: string): string {
  return paragraph
    .split('\n')
    .map((it) => outsideOfTags(it, linked))
    .join('<br>\n');
}

function outsideOfTags(text: string, change: (text: string) => string): string {
  return text
    .split(/(\{\{[^{}]*\}\})/)
    .map((it) => (it.startsWith('{{') ? it : change(it)))
    .join('');
}

function linked(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/)
    .map((it, at) => {
      const safe = it.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      return at % 2 === 1 ? `<a href="${safe}">${safe}</a>` : safe;
    })
    .join('');
}

/** Stands for a new line while white space is put together; nobody writes this character (private use). */
const BREAK = '\ue000';
const BLOCKS = 'p,div,h1,h2,h3,h4,h5,h6,li,tr,table,ul,ol,section,header,footer,mj-text,mj-button,mj-section,mj-column';

/** The words of an email, as plain text. */
export function textOfEmail({ text, mjml, html }: Schemas['EmailContent']): string {
  return text ?? textOfHtml(mjml ?? html ?? '');
}

/** The words of HTML or MJML as plain text, for somebody who goes on with those alone. */
export function textOfHtml(source: string): string {
  const page = new DOMParser().parseFromString(source, 'text/html');
  for (const it of page.querySelectorAll('style,script,head,title,mj-head,mj-style,mj-preview')) it.remove();
  for (const it of page.querySelectorAll('br')) it.replaceWith(BREAK);
  for (const it of page.querySelectorAll('a[href],mj-button[href]')) {
    const href = it.getAttribute('href') ?? '';
    if (href !== '' && href !== '#' && it.textContent.trim() !== href) it.append(` (${href})`);
  }
  for (const it of page.querySelectorAll('td,th')) it.append(' ');
  for (const it of page.querySelectorAll(BLOCKS)) {
    it.prepend(BREAK);
    it.append(BREAK);
    if (it.matches('p,h1,h2,h3,mj-text,mj-button')) it.append(BREAK);
  }
  return (page.body.textContent ?? '')
    .replace(/[ \t\n\r\u00a0]+/g, ' ')
    .replace(/ *\ue000 */g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
