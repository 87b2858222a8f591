import { htmlOfText } from '../plainText';
import { wellFormed } from './wellFormed';

/** An email by blocks with nothing in it yet but a text to write in. */
export const blank = page('        <mj-text><p></p></mj-text>');

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
  return page(`        <mj-text>${wellFormed(html.trim())}</mj-text>`);
}

export function mjmlOfText(text: string): string {
  return mjmlOfHtml(htmlOfText(text));
}

/** Whether a source is MJML and not HTML. */
export function isMjml(source: string): boolean {
  return /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<mjml[\s>]/.test(source);
}
