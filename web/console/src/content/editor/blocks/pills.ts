const TAG = /\{\{([^{}]*)\}\}/;

/**
 * Shows the placeholders of a text as pills with their names. The text itself stays inside them, hidden, so that copying, reading
 * aloud and saving have it as it is.
 */
export function dress(root: HTMLElement, words: (inside: string) => string) {
  const { ownerDocument: page } = root;
  const walker = page.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode() !== null) texts.push(walker.currentNode as Text);
  for (const it of texts) {
    let rest = it;
    if (rest.parentElement?.closest('[data-pill]') != null) continue;
    for (;;) {
      const match = TAG.exec(rest.data);
      if (match === null) break;
      const tag = rest.splitText(match.index);
      rest = tag.splitText(match[0].length);
      tag.replaceWith(pillOf(page, match[0], words));
    }
  }
}

/** A placeholder such as `{{member.first_name}}` as a pill. */
export function pillOf(page: Document, tag: string, words: (inside: string) => string): HTMLElement {
  const pill = page.createElement('span');
  pill.dataset['pill'] = words(tag.slice(2, -2));
  pill.contentEditable = 'false';
  const inner = page.createElement('span');
  inner.textContent = tag;
  pill.append(inner);
  return pill;
}

/** A line for the cursor in an element that has none; the browser takes it away when something is typed. */
export function fillerOf(page: Document): HTMLElement {
  const filler = page.createElement('br');
  filler.dataset['filler'] = '';
  return filler;
}

/** The HTML of a text as it is without pills. */
export function undressed(root: HTMLElement): string {
  const copy = root.cloneNode(true) as HTMLElement;
  for (const it of copy.querySelectorAll('[data-pill]')) it.replaceWith(it.textContent ?? '');
  for (const it of copy.querySelectorAll('[data-filler]')) it.remove();
  copy.normalize();
  return copy.innerHTML;
}

/** For the canvas, whose page has nothing of the console's style. */
export const PILLS = `
  [data-pill] { display: inline-block; padding: 0 .5em; border-radius: 1em; line-height: 1.35; color: #0f4a47; background: #d8e9e7; white-space: nowrap; user-select: all; }
  [data-pill]::before { content: attr(data-pill); }
  [data-pill] > span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  [data-empty] > :first-child { min-height: 1.35em; }
  [data-empty] > :first-child::before { content: var(--hint); position: absolute; opacity: .6; pointer-events: none; }
  [data-empty]:not(:has(> :not(br)))::before { content: var(--hint); opacity: .6; pointer-events: none; }
`;
