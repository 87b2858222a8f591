/**
 * An element of MJML with the text that it was read from. What a person does not change is written as it was, to the letter:
 * comments, quotes, indentation, and elements that the builder does not know.
 */
export type Block = {
  tag: string;
  /** Names with values as they stand in the source, with entities. */
  attributes: ReadonlyMap<string, string>;
  /** White space, comments and text between the element before and this one. */
  before: string;
  /** The opening tag. */
  open: string;
  selfClosing: boolean;
  /** What is inside an element that holds text or HTML. */
  inner: string | undefined;
  children: Block[];
  /** What stands between the last child and the closing tag. */
  tail: string;
  close: string;
  /** The whole element without `before`. */
  raw: string;
};

export type Source = { before: string; body: Block; after: string };

/** Elements whose content is HTML or text, and not MJML. */
const TEXTS = new Set([
  'mj-text',
  'mj-button',
  'mj-raw',
  'mj-table',
  'mj-style',
  'mj-title',
  'mj-preview',
  'mj-social-element',
  'mj-navbar-link',
  'mj-accordion-title',
  'mj-accordion-text',
]);

const OPEN = /<([A-Za-z][\w:-]*)((?:\s+[^\s=<>/"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*)\s*(\/?)>/y;
const ATTRIBUTE = /([^\s=<>/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g;

class Malformed extends Error {}

/** Takes MJML apart at its body. Undefined if it is not well formed: then it can only be edited as code. */
export function read(mjml: string): Source | undefined {
  try {
    const start = skipTrivia(mjml, 0);
    const root = element(mjml, start, '');
    const body = root.block.children.find((it) => it.tag === 'mj-body');
    if (root.block.tag !== 'mjml' || body === undefined || body.selfClosing) return undefined;
    const index = root.block.children.indexOf(body);
    const head = root.block.children.slice(0, index).map((it) => it.before + it.raw);
    const before = mjml.slice(0, start) + root.block.open + head.join('') + body.before;
    return { before, body, after: mjml.slice(before.length + body.raw.length) };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** The end of white space, text, comments and declarations. */
function skipTrivia(text: string, from: number): number {
  let at = from;
  for (;;) {
    const next = text.indexOf('<', at);
    if (next < 0) return text.length;
    const [end, length] = text.startsWith('<!--', next)
      ? [text.indexOf('-->', next), 3]
      : text.startsWith('<![CDATA[', next)
        ? [text.indexOf(']]>', next), 3]
        : text.startsWith('<?', next) || text.startsWith('<!', next)
          ? [text.indexOf('>', next), 1]
          : [undefined, 0];
    if (end === undefined) return next;
    if (end < 0) throw new Malformed();
    at = end + length;
  }
}

function element(text: string, from: number, before: string): { block: Block; end: number } {
  OPEN.lastIndex = from;
  const match = OPEN.exec(text);
  if (match === null) throw new Malformed();
  const [open, tag = '', list = '', slash] = match;
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single] of list.matchAll(ATTRIBUTE)) attributes.set(name, double ?? single ?? '');
  const block: Block = {
    tag,
    attributes,
    before,
    open,
    selfClosing: slash === '/',
    inner: undefined,
    children: [],
    tail: '',
    close: '',
    raw: open,
  };
  let at = from + open.length;
  if (block.selfClosing) return { block: TEXTS.has(tag) ? { ...block, inner: '' } : block, end: at };
  if (TEXTS.has(tag)) {
    const closing = new RegExp(`</${tag}\\s*>`, 'g');
    closing.lastIndex = at;
    const found = closing.exec(text);
    if (found === null) throw new Malformed();
    const end = found.index + found[0].length;
    return {
      block: { ...block, inner: text.slice(at, found.index), close: found[0], raw: text.slice(from, end) },
      end,
    };
  }
  for (;;) {
    const next = skipTrivia(text, at);
    const between = text.slice(at, next);
    if (text.startsWith('</', next)) {
      const end = text.indexOf('>', next) + 1;
      const close = text.slice(next, end);
      if (end === 0 || close.slice(2, -1).trim() !== tag) throw new Malformed();
      return { block: { ...block, tail: between, close, raw: text.slice(from, end) }, end };
    }
    if (next >= text.length) throw new Malformed();
    const child = element(text, next, between);
    block.children.push(child.block);
    at = child.end;
  }
}

/** A block as it is now: with the source it came from, if any, and what is different. */
export type Live = {
  tag: string;
  source: Block | undefined;
  /** Attributes that were set, as they stand in a source; undefined for those that were removed. */
  changed: ReadonlyMap<string, string | undefined>;
  /** New text of an element that holds text. */
  inner: string | undefined;
  /** Undefined for a block that is kept as it is, with everything in it. */
  children: Live[] | undefined;
};

/** The text of a document whose body is now this. */
export function write(source: Source, body: Live): string {
  return source.before + textOf(body, '') + source.after;
}

function textOf(live: Live, indent: string): string {
  const { source, tag } = live;
  if (source === undefined) {
    const open = `<${tag}${[...live.changed].map(([name, value]) => (value === undefined || value === '' ? '' : ` ${name}="${quoted(value)}"`)).join('')}`;
    const children = live.children ?? [];
    if (live.inner !== undefined) return `${open}>${live.inner}</${tag}>`;
    if (children.length === 0 && !CONTAINERS.has(tag)) return `${open} />`;
    return `${open}>${nested(children, indent)}\n${indent}</${tag}>`;
  }
  if (live.children === undefined && live.inner === undefined && live.changed.size === 0) return source.raw;
  const inner = live.inner ?? source.inner;
  const children = live.children ?? [];
  const opened = withAttributes(source.open, live.changed);
  if (source.selfClosing) {
    if ((inner ?? '') === '' && children.length === 0) return opened;
    const open = opened.replace(/\s*\/>$/, '>');
    return `${open}${inner ?? nested(children, indent)}${inner === undefined ? `\n${indent}` : ''}</${tag}>`;
  }
  if (inner !== undefined) return opened + inner + source.close;
  const grown = source.children.length === 0 && children.length > 0 && !source.tail.includes('\n');
  return opened + nested(children, indent) + (grown ? `\n${indent}` : source.tail) + source.close;
}

const CONTAINERS = new Set(['mj-section', 'mj-column', 'mj-group', 'mj-wrapper', 'mj-hero', 'mj-social', 'mj-body']);

function nested(children: Live[], indent: string): string {
  const known = children.map((it) => it.source?.before).find((it) => it !== undefined && /\n[ \t]*$/.test(it));
  const usual = known?.slice(known.lastIndexOf('\n') + 1) ?? `${indent}  `;
  return children
    .map((it) => {
      const before = it.source?.before ?? `\n${usual}`;
      const line = before.lastIndexOf('\n');
      const own = line < 0 ? indent : before.slice(line + 1);
      return before + textOf(it, /^[ \t]*$/.test(own) ? own : usual);
    })
    .join('');
}

/** An opening tag with attributes replaced, added or removed; the others stay as they are written. */
function withAttributes(open: string, changed: ReadonlyMap<string, string | undefined>): string {
  let tag = open;
  for (const [name, value] of changed) {
    const own = new RegExp(`(\\s+)${name.replaceAll(/[^\w-]/g, '\\$&')}(\\s*=\\s*(?:"[^"]*"|'[^']*'))?(?=[\\s/>])`);
    const written = value === undefined || value === '' ? '' : `${name}="${quoted(value)}"`;
    if (own.test(tag)) tag = tag.replace(own, (_, space: string) => (written === '' ? '' : space + written));
    else if (written !== '') tag = tag.replace(/\s*\/?>$/, (end) => ` ${written}${end}`);
  }
  return tag;
}

/** A value that may have stood between other quotes. */
function quoted(value: string): string {
  return value.replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** An attribute's value as a person reads it. */
export function decoded(value: string): string {
  return value
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

export function encoded(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
