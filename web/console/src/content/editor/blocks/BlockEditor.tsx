import 'grapesjs/dist/css/grapes.min.css';
import './blocks.css';

import { Trans, useLingui } from '@lingui/react/macro';
import type { Component, ComponentDefinition } from 'grapesjs';
import { type MouseEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { createPortal } from 'react-dom';

import { ActionIcon, Banner, Button, Group, Icon, type IconName, Menu, Stack, Tooltip } from '../../../ui';
import { keepEditing, useEditing } from '../EditorContext';
import { read } from '../mjml/source';
import { wordsOfTag } from '../tagWords';
import { Canvas, holdsWords } from './canvas';
import { COLUMNS, inSection, isWide, type Kind, kinds } from './kinds';
import { Outline } from './Outline';
import { Settings } from './Settings';

type BlockEditorProps = {
  mjml: string;
  onChange: (mjml: string) => void;
  /** Where the tools for the text are shown. */
  tools: HTMLElement | null;
};

/** An email put together from blocks. It is MJML text before and after, and nothing else. */
export function BlockEditor(props: BlockEditorProps) {
  return read(props.mjml) === undefined ? <NotBlocks /> : <Builder {...props} />;
}

function NotBlocks() {
  const { t } = useLingui();
  return (
    <Banner tone="warn" title={t`This MJML cannot be shown as blocks`}>
      <Trans>An element is not closed, or there is no mj-body. Open it as code and correct it there.</Trans>
    </Banner>
  );
}

function Builder({ mjml, onChange, tools }: BlockEditorProps) {
  const { t, i18n } = useLingui();
  const { known, takeInserts } = useEditing();
  const place = useRef<HTMLDivElement>(null);
  const holder = useRef<HTMLDivElement>(null);
  const [canvas, setCanvas] = useState<Canvas>();
  /** Counts what happened in the canvas, so that what stands beside it is drawn anew. */
  const [, setTurn] = useState(0);
  const [editing, setEditing] = useState(false);
  /** The block that somebody was led to; another object each time that they are. */
  const [wanted, setWanted] = useState<{ block: Component | undefined }>();
  const selected = canvas?.editor.getSelected();
  const emitted = useRef(mjml);
  const latest = useRef(onChange);
  useLayoutEffect(() => {
    latest.current = onChange;
  });

  const words = useMemo(
    () => ({
      placeholder: (inside: string) => wordsOfTag(inside, known, i18n),
      hint: (kind: 'text' | 'heading' | 'button') =>
        kind === 'text' ? t`Write here` : kind === 'heading' ? t`Write the heading here` : t`Text on the button`,
    }),
    [known, i18n, t],
  );
  const wordsNow = useRef(words);
  useLayoutEffect(() => {
    wordsNow.current = words;
    canvas?.speak(words);
  }, [canvas, words]);

  const emit = useCallback((from: Canvas) => {
    const text = from.text();
    if (text === undefined || text === emitted.current) return;
    emitted.current = text;
    latest.current(text);
  }, []);

  useEffect(() => {
    if (holder.current === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const made = new Canvas(
      holder.current,
      () => {
        setTurn((it) => it + 1);
        clearTimeout(timer);
        timer = setTimeout(() => emit(made), 150);
      },
      setEditing,
    );
    made.speak(wordsNow.current);
    made.load(emitted.current);
    const turn = () => setTurn((it) => it + 1);
    made.editor.on('component:selected component:deselected', turn);
    setCanvas(made);
    return () => {
      clearTimeout(timer);
      // What was typed in the last moment is not lost when one goes on to another tab.
      emit(made);
      made.destroy();
      setCanvas(undefined);
    };
  }, [emit]);

  // A link to what is missing leads to the canvas, and on to the block that is not filled in.
  useEffect(() => {
    const region = place.current;
    if (region === null || canvas === undefined) return undefined;
    const go = () => setWanted({ block: canvas.finish() });
    region.addEventListener('focus', go);
    if (document.activeElement === region) go();
    return () => region.removeEventListener('focus', go);
  }, [canvas]);

  // Somebody else's change, or another text in the same place.
  useEffect(() => {
    if (canvas === undefined || mjml === emitted.current) return;
    emitted.current = mjml;
    canvas.load(mjml);
    setTurn((it) => it + 1);
  }, [canvas, mjml]);

  // What is inserted goes into the canvas from when something in it was chosen until a field has the focus.
  useEffect(() => {
    if (canvas !== undefined && (editing || selected !== undefined)) takeInserts((text) => canvas.insert(text));
  }, [canvas, editing, selected, takeInserts]);
  useEffect(() => () => takeInserts(undefined), [takeInserts]);

  /** How many blocks there were when one was picked up. */
  const before = useRef<number>(undefined);
  const put = (kind: Kind, event: MouseEvent) => {
    if (canvas === undefined) return;
    const added = add(canvas, kind.make());
    // Whoever clicked goes on by writing; whoever uses the keyboard stays where the blocks are added.
    if (event.detail > 0 && added !== undefined && holdsWords(added)) canvas.edit(added);
  };
  const button = (it: Kind) => (
    <button
      key={it.id}
      type="button"
      className="block-kind"
      draggable
      aria-label={t`Add ${i18n._(it.title)}`}
      title={t`Click to add it after the selected block or at the end, or drag it into place`}
      onClick={(event) => put(it, event)}
      onDragStart={(event) => {
        // No text, which a field would take.
        event.dataTransfer.setData('application/x-block', it.id);
        before.current = canvas?.size;
        canvas?.editor.Canvas.startDrag({ content: it.make() as never });
      }}
      onDragEnd={(event) => {
        if (canvas === undefined) return;
        canvas.editor.Canvas.endDrag();
        // Where the block may not stand, such as below all others, it is put at the end instead of being lost.
        if (canvas.size !== before.current || event.dataTransfer.dropEffect === 'none') return;
        canvas.editor.select();
        add(canvas, it.make());
      }}
    >
      {i18n._(it.title)}
    </button>
  );
  const tooling = (
    <Group gap={0} role="toolbar" aria-label={t`Edit`}>
      {editing && canvas !== undefined && <TextTools canvas={canvas} />}
      <Tool icon="undo" label={t`Undo`} onClick={() => canvas?.editor.UndoManager.undo()} />
      <Tool icon="redo" label={t`Redo`} onClick={() => canvas?.editor.UndoManager.redo()} />
    </Group>
  );
  return (
    <Stack gap={6}>
      {tools !== null && createPortal(tooling, tools)}
      <Group gap={4} role="toolbar" aria-label={t`Add a block`}>
        <span className="block-add" aria-hidden="true">
          <Icon name="plus" size={12} />
          <Trans>Add:</Trans>
        </span>
        {kinds.filter((it) => it.rare !== true).map(button)}
        <Menu position="bottom-start">
          <Menu.Target>
            <Button variant="subtle" size="compact-sm" rightSection={<Icon name="down" size={12} />}>
              <Trans>Others</Trans>
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {kinds
              .filter((it) => it.rare === true)
              .map((it) => (
                <Menu.Item key={it.id} aria-label={t`Add ${i18n._(it.title)}`} onClick={(event) => put(it, event)}>
                  {i18n._(it.title)}
                </Menu.Item>
              ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
      <div className="builder">
        <div
          className="builder-canvas"
          role="region"
          aria-label={t`Canvas of the email`}
          id="unfinished-block"
          ref={place}
          tabIndex={-1}
        >
          <div ref={holder} />
        </div>
        {canvas !== undefined && (
          <div className="builder-side">
            <Outline canvas={canvas} selected={selected} />
            {selected !== undefined && (
              <Settings
                key={selected.getId()}
                canvas={canvas}
                component={selected}
                wanted={selected === wanted?.block ? wanted : undefined}
              />
            )}
          </div>
        )}
      </div>
    </Stack>
  );
}

function Tool({ icon, label, onClick }: { icon: IconName; label: string; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onMouseDown={keepEditing} onClick={onClick}>
        <Icon name={icon} size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

/** For the text that is being edited in the canvas. */
function TextTools({ canvas }: { canvas: Canvas }) {
  const { t } = useLingui();
  const tool = (label: string, sign: string, command: string, style?: React.CSSProperties) => (
    <Tooltip label={label} key={command}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={label}
        onMouseDown={keepEditing}
        onClick={() => canvas.format(command)}
      >
        <span style={style}>{sign}</span>
      </ActionIcon>
    </Tooltip>
  );
  return (
    <>
      {tool(t`Bold`, 'B', 'bold', { fontWeight: 700 })}
      {tool(t`Italic`, 'I', 'italic', { fontStyle: 'italic' })}
      {tool(t`Underline`, 'U', 'underline', { textDecoration: 'underline' })}
      {tool(t`List`, '•', 'insertUnorderedList')}
      {tool(t`Numbered list`, '1.', 'insertOrderedList')}
      {tool(t`Remove the link`, '⌀', 'unlink')}
    </>
  );
}

/** Puts a new block after the chosen one, or at the end, where it may stand. */
function add(canvas: Canvas, block: ComponentDefinition): Component | undefined {
  const { body, editor } = canvas;
  if (body === undefined) return undefined;
  const selected = editor.getSelected();
  const put = (parent: Component, what: ComponentDefinition, at?: number) => {
    const [added] = parent.append(what as never, at === undefined ? {} : { at });
    if (added === undefined) return undefined;
    editor.select(added);
    editor.Canvas.scrollTo(added);
    return added;
  };
  if (isWide(String(block.type))) {
    const section = topOf(selected, body);
    return put(body, block, section === undefined ? undefined : section.index() + 1);
  }
  const within = closestColumn(selected);
  if (within !== undefined) {
    const own = selected?.parent() === within ? selected.index() + 1 : undefined;
    return put(within, block, own);
  }
  const last = body.components().models.at(-1);
  const column = last === undefined ? undefined : lastColumn(last);
  if (column !== undefined) return put(column, block);
  put(body, inSection(block));
  return undefined;
}

function topOf(component: Component | undefined, body: Component): Component | undefined {
  let at = component;
  while (at !== undefined && at.parent() !== body) at = at.parent();
  return at;
}

function closestColumn(component: Component | undefined): Component | undefined {
  let at = component;
  while (at !== undefined && !COLUMNS.has(String(at.get('type')))) at = at.parent();
  return at;
}

function lastColumn(component: Component): Component | undefined {
  if (COLUMNS.has(String(component.get('type')))) return component;
  for (const it of component.components().models.toReversed()) {
    const found = lastColumn(it);
    if (found !== undefined) return found;
  }
  return undefined;
}
