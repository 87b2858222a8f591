import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import { Button, Group, Icon, Popover, ScrollArea, Text, TextInput, UnstyledButton } from '../../ui';
import { keepEditing } from './EditorContext';
import { matching, type Placeholder, quick } from './placeholders';
import { builtInWords } from './words';
import classes from './editor.module.css';

type Props = { known: Placeholder[]; onInsert: (it: Placeholder) => void; onManage: () => void };

/** Placeholders that a click puts at the cursor: the four that are needed most, and all others by search. */
export function PlaceholderBar({ known, onInsert, onManage }: Props) {
  const { t, i18n } = useLingui();
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState('');
  const nameOf = (it: Placeholder) =>
    it.description ?? (builtInWords[it.path] === undefined ? undefined : i18n._(builtInWords[it.path] as never));
  const found = matching(
    known.map((it) => ({ ...it, description: nameOf(it) })),
    words,
  );
  const insert = (it: Placeholder) => {
    setOpen(false);
    onInsert(it);
  };
  return (
    <Group gap={6} role="group" aria-label={t`Insert a placeholder`}>
      {quick.map((it) => (
        <Button
          key={it.path}
          size="compact-xs"
          variant="light"
          radius="xl"
          aria-label={t`Insert ${nameOf(it)}`}
          title={`{{${it.path}}}`}
          leftSection={<Icon name="plus" size={12} />}
          onMouseDown={keepEditing}
          onClick={() => onInsert(it)}
        >
          {nameOf(it)}
        </Button>
      ))}
      <Popover opened={open} onChange={setOpen} width={340} position="bottom-start" trapFocus shadow="md">
        <Popover.Target>
          <Button
            size="compact-xs"
            variant="default"
            radius="xl"
            rightSection={<Icon name="down" size={12} />}
            onMouseDown={(event) => event.stopPropagation()}
            onClick={() => {
              setWords('');
              setOpen(!open);
            }}
          >
            <Trans>All placeholders</Trans>
          </Button>
        </Popover.Target>
        <Popover.Dropdown p="xs" onMouseDown={(event) => event.stopPropagation()}>
          <TextInput
            data-autofocus
            aria-label={t`Search placeholders`}
            placeholder={t`Search placeholders`}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
            leftSection={<Icon name="search" size={14} />}
          />
          <ScrollArea.Autosize mah={280} mt={6}>
            {found.map((it) => (
              <UnstyledButton key={it.path} className={classes.completion} w="100%" onClick={() => insert(it)}>
                <code>{it.path}</code>
                <span>
                  {[it.description, it.sample].filter((text) => text !== undefined && text !== '').join(' · ')}
                </span>
              </UnstyledButton>
            ))}
            {found.length === 0 && (
              <Text size="sm" c="dimmed" p="xs">
                <Trans>No placeholder matches this name. Type it to create a new one.</Trans>
              </Text>
            )}
          </ScrollArea.Autosize>
          <Button
            mt={6}
            fullWidth
            size="compact-sm"
            variant="subtle"
            onClick={() => {
              setOpen(false);
              onManage();
            }}
          >
            <Trans>Manage placeholders</Trans>
          </Button>
        </Popover.Dropdown>
      </Popover>
    </Group>
  );
}
