import { htmlOfText } from '../plainText';
import { wellFormed } from './wellFormed';

/** How a new text is set: MJML's own default are small letters in lines without space between them. */
export const readable = { 'font-size': '16px', 'line-height': '1.5' };

/** An email by blocks with nothing in it yet but a text to write in. */
export const blank = page(textBlock('<p></p>'));

function textBlock(inner: string): string {
  const attributes = Object.entries(readable).map(([name, value]) => ` ${name}="${value}"`);
  return `        <mj-text${attributes.join('')}>${inner}</mj-text>`;
}

function page(column: string): string {
  return `<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
${column}
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`;
}

/** A part of a page as one text block. */
export function mjmlOfHtml(html: string): string {
  return page(textBlock(wellFormed(html.trim())));
}

export function mjmlOfText(text: string): string {
  return mjmlOfHtml(htmlOfText(text));
}

/** Whether a source is MJML and not HTML. */
export function isMjml(source: string): boolean {
  return /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<mjml[\s>]/.test(source);
}
