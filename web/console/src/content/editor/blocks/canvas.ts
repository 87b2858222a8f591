import { type Component, type Editor, grapesjs } from 'grapesjs';
import mjmlModule from 'grapesjs-mjml';

import { type Block, type Live, read, type Source, write } from '../mjml/source';
import { lackOf } from '../mjml/unfinished';
import { wellFormed } from '../mjml/wellFormed';
import { definitionOf, KEPT } from './kinds';
import { dress, fillerOf, pillOf, PILLS, undressed } from './pills';
import { safeHtml } from './safeHtml';

// It is a CommonJS module, whose default export is found in different places by different tools.
const mjmlPlugin =
  typeof mjmlModule === 'function' ? mjmlModule : (mjmlModule as { default: typeof mjmlModule }).default;

/** How a block was when it was read, to tell what a person changed. */
type Before = { attributes: Record<string, string>; content: string };

type Parse = (mjml: string, options: object) => { html: string };
type Options = { opt: { mjmlParser: Parse } };
type View = { el: HTMLElement; model: Component; getChildrenContainer: () => HTMLElement };
type TextView = View & { onActive: (event: MouseEvent) => void };

/** What the canvas says: the name of a placeholder, and what an empty block is for. Neither is stored. */
export type Words = { placeholder: (inside: string) => string; hint: (kind: 'text' | 'heading' | 'button') => string };
const RAW: Words = { placeholder: (inside) => inside, hint: () => '' };

/**
 * The builder's canvas. GrapesJS draws, drags and drops; what is read and written is MJML text, by `source.ts`. Nothing of its own
 * parser, style manager and storage is used.
 */
export class Canvas {
  readonly editor: Editor;
  #source: Source | undefined;
  #sources: Block[] = [];
  /** By the place of the source, which copies of a block share. */
  #before = new Map<number, Before>();
  #editing: { component: Component; field: HTMLElement } | undefined;
  /** What a field showed of a stored text: as long as it shows the same, that text is kept to the letter. */
  #shown = new WeakMap<HTMLElement, { html: string; content: string }>();
  /** Where a placeholder goes that is inserted from outside. */
  #last: Component | undefined;
  #words = RAW;
  readonly #onEditing: (isEditing: boolean) => void;
  /** The elements of the head that every block is drawn with. */
  #head = '';

  /** Without a container, there is a document without a picture of it. */
  constructor(
    container: HTMLElement | undefined,
    onChange: () => void,
    onEditing: (isEditing: boolean) => void = () => {},
  ) {
    this.#onEditing = onEditing;
    const drawnWith = () => this.#head;
    this.editor = grapesjs.init({
      ...(container === undefined ? { headless: true } : { container }),
      height: '100%',
      width: 'auto',
      // Nothing is loaded from other servers, and nothing is told to them.
      telemetry: false,
      cssIcons: '',
      storageManager: false,
      noticeOnUnload: false,
      // Delete anywhere on the page would remove the chosen block: the outline has a key of its own for it.
      keymaps: {
        defaults: {
          'core:undo': { keys: '⌘+z, ctrl+z', handler: 'core:undo', opts: { prevent: true } },
          'core:redo': { keys: '⌘+shift+z, ctrl+shift+z', handler: 'core:redo', opts: { prevent: true } },
        },
      },
      panels: { defaults: [] },
      blockManager: { custom: true, blocks: [] },
      layerManager: { custom: true },
      styleManager: { custom: true },
      traitManager: { custom: true },
      selectorManager: { custom: true },
      assetManager: { custom: true },
      deviceManager: { devices: [{ id: 'desktop', name: 'Desktop', width: '' }] },
      showDevices: false,
      canvasCss: CANVAS,
      plugins: [
        (editor) =>
          mjmlPlugin(editor, {
            blocks: [],
            resetDevices: false,
            resetStyleManager: false,
            useCustomTheme: false,
            columnsPadding: '',
            customComponents: [
              (_: Editor, { opt }: Options) => {
                const parse = opt.mjmlParser;
                opt.mjmlParser = (mjml, options) => {
                  const out = parse(mjml.replace('<mjml>', `<mjml>${drawnWith()}`), options);
                  return { ...out, html: safeHtml(out.html) };
                };
              },
            ],
          } as object),
        (editor) => this.#adapt(editor),
      ],
    });
    this.editor.on('update', onChange);
    this.editor.on('component:selected', (it: Component) => {
      if (holdsWords(it)) this.#last = it;
    });
  }

  /** Draws placeholders as pills, and says in an empty block what it is for. */
  #dress(field: HTMLElement, component: Component) {
    dress(field, (inside) => this.#words.placeholder(inside));
    this.#hint(field, component);
  }

  #hint(field: HTMLElement, component: Component) {
    field.toggleAttribute('data-empty', isEmpty(field));
    const kind = tagOf(component) === 'mj-button' ? 'button' : field.querySelector('h1,h2,h3') ? 'heading' : 'text';
    field.style.setProperty('--hint', JSON.stringify(this.#words.hint(kind)));
  }

  #adapt(editor: Editor) {
    const { Components } = editor;
    const show = (field: HTMLElement, component: Component) => {
      const content = component.get('content') ?? '';
      // The text is shown without what could run, and stays in the source as it is.
      field.innerHTML = safeHtml(content);
      this.#shown.set(field, { html: undressed(field), content });
      this.#dress(field, component);
    };
    for (const type of ['mj-text', 'mj-button']) {
      Components.addType(type, {
        view: {
          // One click writes in it: that two are needed elsewhere is not known to everybody.
          events: () => ({ click: 'onClick', dblclick: 'onActive', input: 'onInput' }),
          onClick(this: TextView, event: MouseEvent) {
            event.preventDefault();
            editor.select(this.model);
            this.onActive(event);
          },
          updateContent(this: View) {
            show(this.getChildrenContainer(), this.model);
          },
        } as object,
      });
    }
    // GrapesJS would put a drawing of its own where a picture has no address, and into the email.
    Components.addType('mj-image', { model: { defaults: { src: '' } } });
    Components.addType(KEPT, {
      model: {
        defaults: { draggable: true, droppable: false, highlightable: true },
      },
      view: {
        tagName: 'tr',
        render(this: View) {
          this.el.style.cssText = 'display:table;width:100%';
          this.el.setAttribute('data-gjs-type', KEPT);
          const cell = document.createElement('td');
          cell.className = 'kept';
          const tag = String(this.model.get('kept'));
          const content = this.model.get('content') ?? '';
          cell.textContent = content.trim() === '' ? `<${tag}>` : content.trim().slice(0, 200);
          this.el.replaceChildren(cell);
          return this;
        },
        init(this: View & { listenTo: (...it: unknown[]) => void; render: () => void }) {
          this.listenTo(this.model, 'change:content', this.render);
        },
      } as object,
    });
    editor.setCustomRte({
      parseContent: false,
      enable: (field: HTMLElement, _: unknown, { event }: { event?: MouseEvent } = {}) => {
        const component = editor.getSelected();
        field.contentEditable = 'true';
        field.style.outline = 'none';
        field.focus();
        putCursor(field, event);
        if (component !== undefined) this.#editing = { component, field };
        field.addEventListener('input', this.#onInput);
        this.#onEditing(true);
        return field;
      },
      disable: (field: HTMLElement) => {
        field.contentEditable = 'false';
        field.removeEventListener('input', this.#onInput);
        const component = this.#editing?.component;
        this.#editing = undefined;
        if (component !== undefined) this.#dress(field, component);
        this.#onEditing(false);
      },
      getContent: (field: HTMLElement) => this.#written(field),
    });
  }

  /** The text of a block as it is at this moment, while it is being written in as well. */
  contentOf(component: Component): string {
    const editing = this.#editing;
    return editing?.component === component ? this.#written(editing.field) : (component.get('content') ?? '');
  }

  /** What stands in a text that can be edited. One that was only looked at is as it was stored. */
  #written(field: HTMLElement): string {
    const html = undressed(field);
    const shown = this.#shown.get(field);
    return shown?.html === html ? shown.content : wellFormed(html);
  }

  #onInput = () => {
    const editing = this.#editing;
    if (editing !== undefined) this.#hint(editing.field, editing.component);
    this.editor.trigger('update');
  };

  /** How many blocks there are. */
  get size(): number {
    let count = 0;
    this.body?.onAll(() => {
      count += 1;
    });
    return count;
  }

  get words(): Words {
    return this.#words;
  }

  /** The words for what is drawn from now on: they change with the console's language and the document's placeholders. */
  speak(words: Words) {
    this.#words = words;
  }

  /** Begins to write in a block. */
  edit(component: Component) {
    this.editor.select(component);
    component.trigger('active');
  }

  /** Goes to the first block that is not filled in. One writes in a text at once; another is given back, to be filled in beside. */
  finish(): Component | undefined {
    const found: Component[] = [];
    this.body?.onAll((it) => {
      const attributes = new Map(Object.entries(it.get('attributes') as Record<string, string>));
      if (lackOf({ tag: tagOf(it), attributes, inner: it.get('content') ?? '' }) !== undefined) found.push(it);
    });
    const [first] = found;
    if (first === undefined) return undefined;
    if (tagOf(first) === 'mj-text') {
      this.edit(first);
      return undefined;
    }
    this.editor.select(first);
    return first;
  }

  /** Puts a text at the cursor of the block that is being edited, or at the end of the one that was chosen last. */
  insert(text: string) {
    const field = this.#editing?.field;
    if (field !== undefined) {
      const page = field.ownerDocument;
      const selection = page.getSelection();
      if (selection === null || !field.contains(selection.anchorNode)) putCursor(field, undefined);
      const range = selection?.getRangeAt(0);
      const pill = pillOf(page, text, (inside) => this.#words.placeholder(inside));
      range?.deleteContents();
      range?.insertNode(pill);
      // A space at the end of a line is written as one that does not break, and is not at the end any more.
      const { previousSibling } = pill;
      if (previousSibling?.nodeType === Node.TEXT_NODE)
        previousSibling.nodeValue = (previousSibling.nodeValue ?? '').replace(/(\S)\u00a0$/, '$1 ');
      selection?.collapse(pill.parentNode, Array.from(pill.parentNode?.childNodes ?? []).indexOf(pill) + 1);
      this.#onInput();
      return;
    }
    const chosen = this.#target();
    if (chosen === undefined) return;
    const content = chosen.get('content') ?? '';
    const end = /<\/(p|h\d|div)>\s*$/.exec(content)?.index ?? content.length;
    chosen.set('content', `${content.slice(0, end)}${text}${content.slice(end)}`);
    chosen.view?.render();
  }

  #target(): Component | undefined {
    const chosen = this.editor.getSelected();
    if (chosen !== undefined && (TEXTS.has(tagOf(chosen)) || holdsWords(chosen))) return chosen;
    const texts = this.body?.findType('mj-text') ?? [];
    return this.#last !== undefined && texts.includes(this.#last) ? this.#last : texts.at(-1);
  }

  /** Changes what is selected in the text that is being edited: bold, a link, or a text put in. */
  format(command: string, value?: string) {
    const field = this.#editing?.field;
    if (field === undefined) return;
    field.focus();
    // There is no other way to edit text in place that keeps the browser's own undo.
    field.ownerDocument.execCommand(command, false, value);
    this.#onInput();
  }

  /** Shows a document. False if it is not well formed. */
  load(mjml: string): boolean {
    const source = read(mjml);
    if (source === undefined) return false;
    this.#source = source;
    this.#sources = [];
    this.#head = headOf(source.before);
    this.editor.setComponents([
      {
        type: 'mjml',
        tagName: 'mjml',
        components: [definitionOf(source.body, this.#sources)],
      },
    ]);
    this.#before.clear();
    this.body?.onAll((it) => this.#before.set(it.get('source') as number, stateOf(it)));
    this.editor.UndoManager.clear();
    return true;
  }

  get body(): Component | undefined {
    return find(this.editor.getWrapper(), 'mj-body');
  }

  /** The document as MJML: to the letter as it was read, but for what was changed. */
  text(): string | undefined {
    const { body } = this;
    if (this.#source === undefined || body === undefined) return undefined;
    return write(this.#source, this.#live(body));
  }

  #live(component: Component): Live {
    const place = component.get('source') as number | undefined;
    const source = place === undefined ? undefined : this.#sources[place];
    const now = stateOf(component);
    now.content = this.contentOf(component);
    const before = place === undefined ? undefined : this.#before.get(place);
    const changed = new Map<string, string | undefined>();
    const usual = (component.get('style-default') ?? {}) as Record<string, string>;
    for (const name of new Set([...Object.keys(before?.attributes ?? {}), ...Object.keys(now.attributes)])) {
      const value = now.attributes[name];
      if (value === before?.attributes[name] || name === 'id' || name === 'style') continue;
      if (value === usual[name] && source?.attributes.has(name) !== true) continue;
      changed.set(name, value);
    }
    const isKept = component.get('type') === KEPT;
    const holdsText = source === undefined ? TEXTS.has(tagOf(component)) : source.inner !== undefined;
    const inner = holdsText && now.content !== before?.content ? now.content : undefined;
    return {
      tag: tagOf(component),
      source,
      changed,
      inner,
      children: isKept || holdsText ? undefined : component.components().map((it: Component) => this.#live(it)),
    };
  }

  destroy() {
    this.editor.destroy();
  }
}

const TEXTS = new Set(['mj-text', 'mj-button', 'mj-raw', 'mj-social-element']);

export function holdsWords(component: Component): boolean {
  return ['mj-text', 'mj-button'].includes(tagOf(component));
}

function isEmpty(field: HTMLElement): boolean {
  return (field.textContent ?? '').trim() === '' && field.querySelector('img') === null;
}

/** Puts the cursor where somebody clicked, or at the end; in an empty text into its innermost element. */
function putCursor(field: HTMLElement, event: MouseEvent | undefined) {
  const page = field.ownerDocument;
  const selection = page.getSelection();
  let range = page.createRange();
  if (isEmpty(field)) {
    let inner: Element = field;
    while (inner.firstElementChild !== null && inner.firstElementChild.tagName !== 'BR')
      inner = inner.firstElementChild;
    // A paragraph without a line has no place for a cursor.
    if (inner !== field && inner.firstChild === null) inner.append(fillerOf(page));
    range.setStart(inner, 0);
  } else {
    const clicked = event === undefined ? null : page.caretRangeFromPoint(event.clientX, event.clientY);
    if (clicked !== null && field.contains(clicked.startContainer)) range = clicked;
    else {
      range.selectNodeContents(field);
      range.collapse(false);
    }
  }
  range.collapse(true);
  selection?.removeAllRanges();
  selection?.addRange(range);
}

export function tagOf(component: Component): string {
  return String(component.get('kept') ?? component.get('tagName'));
}

function stateOf(component: Component): Before {
  return {
    attributes: { ...(component.get('attributes') as Record<string, string>) },
    content: component.get('content') ?? '',
  };
}

function find(component: Component | undefined, tag: string): Component | undefined {
  if (component === undefined || component.get('tagName') === tag) return component;
  for (const it of component.components().models) {
    const found = find(it, tag);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The head's elements that change how blocks look, without what would be shown or run. */
function headOf(before: string): string {
  const found = before.match(/<mj-(attributes|style|font|breakpoint)\b[\s\S]*?(<\/mj-\1>|\/>)/g) ?? [];
  return found.length === 0 ? '' : `<mj-head>${found.join('')}</mj-head>`;
}

const CANVAS = `${PILLS}
  body { background: #f3f1ee; }
  .kept { padding: 6px 10px; font: 12px ui-monospace, monospace; color: #55504a; background: repeating-linear-gradient(45deg, #f3f1ee, #f3f1ee 6px, #e8e5e0 6px, #e8e5e0 12px); white-space: pre-wrap; word-break: break-word; }
  img:not([src]), img[src=""] { min-height: 120px; background: #e8e5e0; }
  [data-gjs-type="mj-column"] { min-height: 48px; }
  [data-gjs-type="mj-section"], [data-gjs-type="mj-hero"] { min-height: 24px; background-color: #fff; }
`;
