import { Trans, useLingui } from '@lingui/react/macro';
import type { Component } from 'grapesjs';
import type { KeyboardEvent } from 'react';

import { ActionIcon, Box, Group, Icon, Text, Tooltip } from '../../../ui';
import { decoded } from '../mjml/source';
import { withNames } from '../tagWords';
import { type Canvas, tagOf } from './canvas';
import { names } from './kinds';

/** The blocks as a list, for those who do not drag: choose, move up and down, copy, remove. */
export function Outline({ canvas, selected }: { canvas: Canvas; selected: Component | undefined }) {
  const { t, i18n } = useLingui();
  const { body, editor } = canvas;
  const rows = body === undefined ? [] : rowsOf(body, 0);
  const nameOf = (it: Component) => {
    const tag = tagOf(it);
    return names[tag] === undefined ? tag : i18n._(names[tag]);
  };
  const move = (it: Component, by: number) => {
    const parent = it.parent();
    const to = it.index() + by;
    if (parent === undefined || to < 0 || to >= parent.components().length) return;
    // GrapesJS counts the place before the block is taken out of its own.
    it.move(parent, { at: by > 0 ? to + 1 : to });
    editor.select(it);
    focus(it.getId());
  };
  const remove = (it: Component) => {
    const next =
      it
        .parent()
        ?.components()
        .at(it.index() + 1) ?? it.parent();
    it.remove();
    if (next === undefined) return;
    editor.select(next);
    focus(next.getId());
  };
  const onKeyDown = (event: KeyboardEvent, it: Component, at: number) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (event.altKey && to !== undefined) move(it, to - at);
    else if (to !== undefined) {
      const row = rows[to];
      if (row !== undefined) {
        editor.select(row.component);
        focus(row.component.getId());
      }
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      if (it !== body) remove(it);
    } else return;
    event.preventDefault();
    // GrapesJS listens to the same keys, and would remove the block that is chosen next as well.
    event.stopPropagation();
  };
  return (
    <Box role="group" aria-label={t`Blocks of the email`}>
      <ul className="outline">
        {rows.map(({ component, depth }, at) => {
          const chosen = component === selected;
          const name = nameOf(component);
          const about = withNames(aboutOf(component, canvas.contentOf(component)), canvas.words.placeholder).slice(
            0,
            40,
          );
          return (
            <li key={component.getId()} data-chosen={chosen} style={{ paddingInlineStart: depth * 12 }}>
              <button
                type="button"
                id={`block-${component.getId()}`}
                aria-pressed={chosen}
                onClick={() => {
                  editor.select(component);
                  editor.Canvas.scrollTo(component);
                }}
                onKeyDown={(event) => onKeyDown(event, component, at)}
              >
                {name}
                {about !== '' && <span> {about}</span>}
              </button>
              {chosen && component !== body && (
                <Group gap={0} wrap="nowrap">
                  <Act label={t`Move ${name} up`} icon="up" onClick={() => move(component, -1)} />
                  <Act label={t`Move ${name} down`} icon="down" onClick={() => move(component, 1)} />
                  <Act
                    label={t`Duplicate ${name}`}
                    icon="copy"
                    onClick={() => {
                      const [copy] = component.parent()?.append(component.clone(), { at: component.index() + 1 }) ?? [];
                      if (copy !== undefined) editor.select(copy);
                    }}
                  />
                  <Act label={t`Remove ${name}`} icon="trash" onClick={() => remove(component)} />
                </Group>
              )}
            </li>
          );
        })}
      </ul>
      <Text size="xs" c="dimmed" mt={4}>
        <Trans>
          Click a text to write in it. In this list, arrow keys select, Alt and an arrow key move, Delete removes.
        </Trans>
      </Text>
    </Box>
  );
}

function focus(id: string) {
  requestAnimationFrame(() => document.getElementById(`block-${id}`)?.focus());
}

function Act({ label, icon, onClick }: { label: string; icon: 'up' | 'down' | 'copy' | 'trash'; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} onClick={onClick}>
        <Icon name={icon} size={14} />
      </ActionIcon>
    </Tooltip>
  );
}

function rowsOf(component: Component, depth: number): { component: Component; depth: number }[] {
  return [
    { component, depth },
    ...component.components().models.flatMap((it) => (it.get('type') === 'textnode' ? [] : rowsOf(it, depth + 1))),
  ];
}

/** The first words of a block. */
function aboutOf(component: Component, content: string): string {
  const { alt = '', name = '' } = component.get('attributes') as Record<string, string>;
  const words = content
    .replace(/<[^>]*>|&nbsp;|&#160;/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return decoded(words === '' ? alt || name : words);
}
