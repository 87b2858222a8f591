import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import { Button, Group, Icon, Popover, ScrollArea, Text, TextInput, UnstyledButton } from '../../ui';
import { keepEditing } from './EditorContext';
import { matching, type Placeholder, quick } from './placeholders';
import { nameOf } from './tagWords';
import classes from './editor.module.css';

type Props = { known: Placeholder[]; onInsert: (it: Placeholder) => void; onManage: () => void };

/** Placeholders that a click puts at the cursor: the four that are needed most, and all others by search. */
export function PlaceholderBar({ known, onInsert, onManage }: Props) {
  const { t, i18n } = useLingui();
  const [open, setOpen] = useState(false);
  const [words, setWords] = useState('');
  // The four that are needed most come first, also where there is no room for their buttons.
  const all = [...quick, ...known.filter((it) => !quick.some((one) => one.path === it.path))];
  const found = matching(
    all.map((it) => ({ ...it, description: nameOf(it.path, known, i18n) })),
    words,
  );
  const insert = (it: Placeholder) => {
    setOpen(false);
    onInsert(it);
  };
  return (
    <Group gap={6} role="group" aria-label={t`Insert a placeholder`} className={classes.inserts}>
      <Text size="xs" c="dimmed" className={classes.quick}>
        <Trans>Insert:</Trans>
      </Text>
      {quick.map((it) => (
        <Button
          key={it.path}
          size="compact-xs"
          variant="light"
          radius="xl"
          className={classes.quick}
          aria-label={t`Insert ${nameOf(it.path, known, i18n)}`}
          title={`{{${it.path}}}`}
          onMouseDown={keepEditing}
          onClick={() => onInsert(it)}
        >
          {nameOf(it.path, known, i18n)}
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
        <Popover.Dropdown p="xs" maw="calc(100vw - 24px)" onMouseDown={(event) => event.stopPropagation()}>
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
                <strong>{it.description}</strong>
                <span>
                  {[it.description === it.path ? undefined : it.path, it.sample]
                    .filter((text) => text !== undefined && text !== '')
                    .join(' · ')}
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
