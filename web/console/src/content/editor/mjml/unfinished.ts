import { type Block, read } from './source';

/** What a block lacks that nobody would send on purpose: words, a link or a picture. */
export type Unfinished = 'text' | 'button' | 'image' | 'link';

/** The first block that was added and not filled in; `everything` if none is. Undefined if the email is finished. */
export function unfinishedIn(mjml: string): Unfinished | 'everything' | undefined {
  if (last.mjml !== mjml) last = { mjml, found: look(mjml) };
  return last.found;
}

/** The same email is asked about each time that something else on the page changes. */
let last: { mjml: string; found: Unfinished | 'everything' | undefined } = { mjml: '', found: undefined };

function look(mjml: string) {
  const body = read(mjml)?.body;
  // What cannot be read is an error of the API, in its words.
  if (body === undefined) return undefined;
  const blocks = all(body);
  if (!blocks.some(says)) return 'everything';
  return blocks.map(lackOf).find((it) => it !== undefined);
}

function all(block: Block): Block[] {
  return block.children.flatMap((it) => [it, ...all(it)]);
}

function isWritten(html: string | undefined): boolean {
  return /<img\b/i.test(html ?? '') || (html ?? '').replace(/<[^>]*>/g, '').trim() !== '';
}

function address(block: Pick<Block, 'attributes'>, name: string): string {
  const value = (block.attributes.get(name) ?? '').trim();
  return value === 'https://' ? '' : value;
}

/** Whether a receiver sees something of a block. */
function says(block: Block): boolean {
  if (block.tag === 'mj-image') return address(block, 'src') !== '';
  if (block.tag === 'mj-hero') return address(block, 'background-url') !== '';
  return block.tag !== 'mj-style' && isWritten(block.inner);
}

/** What a block lacks, as it stands in a source or in the canvas. */
export function lackOf(block: Pick<Block, 'tag' | 'attributes' | 'inner'>): Unfinished | undefined {
  switch (block.tag) {
    case 'mj-text':
      return isWritten(block.inner) ? undefined : 'text';
    case 'mj-button':
      return isWritten(block.inner) && address(block, 'href') !== '' ? undefined : 'button';
    case 'mj-image':
      return address(block, 'src') === '' ? 'image' : undefined;
    case 'mj-social-element':
      return address(block, 'href') === '' ? 'link' : undefined;
    default:
      return undefined;
  }
}
