import { Trans, useLingui } from '@lingui/react/macro';
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

import { Box, Button, Code, Group, Paper, Text, Textarea, TextInput, VisuallyHidden } from '../../ui';
import { caretIn } from './caret';
import { useEditing } from './EditorContext';
import { beingTyped, complete, matching, pathsIn, type Unknown, unknownIn } from './placeholders';
import { nameOf } from './tagWords';
import classes from './editor.module.css';

const segmenter = new Intl.Segmenter();
/** A limit that one has in mind while one writes. */
const FEW = 160;

type Props = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  description?: ReactNode;
  placeholder?: string;
  error?: string | undefined;
  /** How many characters there may be: shown where few fit, and else when most of them are used. */
  most?: number;
  /** Whether there may be several lines, and how many are shown at first. */
  lines?: number;
  /** The lines shown at most; more are scrolled. */
  linesAtMost?: number;
  /** For source text. */
  mono?: boolean;
  /** Names are not written into this field as placeholders of the document, such as those of a wrapper's page. */
  unchecked?: boolean;
  required?: boolean;
  dir?: 'auto' | 'ltr';
};

/** A text field in which placeholders are completed once `{{` is typed, and unknown ones are marked. */
export function TemplateField(props: Props) {
  const { label, value, onChange, error, most, lines, mono = false, unchecked = false } = props;
  const { t, i18n } = useLingui();
  const { known, declare, takeInserts } = useEditing();
  const field = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  const listId = useId();
  const [typing, setTyping] = useState<{ start: number; typed: string; left: number; top: number }>();
  const [chosen, setChosen] = useState(0);
  const wantedCursor = useRef<number>(undefined);
  const options = useMemo(
    () => (typing === undefined ? [] : matching(known, typing.typed).slice(0, 50)),
    [known, typing],
  );
  const open = options.length > 0;
  const active = Math.min(chosen, options.length - 1);
  const unknown = useMemo(() => (unchecked ? [] : unknownIn(value, known)), [unchecked, value, known]);

  // React puts the cursor at the end of a value that it sets; a completion leaves it behind the placeholder.
  useLayoutEffect(() => {
    if (wantedCursor.current === undefined) return;
    field.current?.setSelectionRange(wantedCursor.current, wantedCursor.current);
    wantedCursor.current = undefined;
  });

  const latest = useRef({ value, onChange });
  useLayoutEffect(() => {
    latest.current = { value, onChange };
  });
  const insert = useMemo(
    () => (text: string) => {
      const at = field.current;
      if (at === null) return;
      const now = latest.current;
      const start = at.selectionStart ?? now.value.length;
      const end = at.selectionEnd ?? start;
      wantedCursor.current = start + text.length;
      at.focus();
      now.onChange(now.value.slice(0, start) + text + now.value.slice(end));
    },
    [],
  );
  useEffect(() => () => takeInserts(undefined), [takeInserts]);

  const look = () => {
    const at = field.current;
    if (at === null) return;
    const found = beingTyped(at.value, at.selectionStart ?? 0);
    if (found?.start !== typing?.start || found?.typed !== typing?.typed) setChosen(0);
    setTyping(found === undefined ? undefined : { ...found, ...caretIn(at) });
  };
  const pick = (path: string) => {
    const at = field.current;
    if (at === null || typing === undefined) return;
    const done = complete(at.value, at.selectionStart ?? at.value.length, typing.start, path);
    wantedCursor.current = done.cursor;
    setTyping(undefined);
    at.focus();
    onChange(done.text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen((active + step + options.length) % options.length);
    else if (event.key === 'Enter' || event.key === 'Tab') pick(options[active]?.path ?? '');
    else if (event.key === 'Escape') setTyping(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  useEffect(() => {
    if (open) document.getElementById(`${listId}-${active}`)?.scrollIntoView({ block: 'nearest' });
  }, [open, active, listId]);

  const length = useMemo(() => (most === undefined ? 0 : [...segmenter.segment(value)].length), [most, value]);
  const counted = most !== undefined && (most <= FEW || length > most * 0.8);
  const named = useMemo(() => {
    if (mono || unchecked) return [];
    const paths = pathsIn(value).filter((path) => !unknown.some((it) => it.path === path));
    return [...new Set(paths.map((path) => nameOf(path, known, i18n)))];
  }, [mono, unchecked, value, unknown, known, i18n]);
  const shared = {
    ref: field,
    label,
    description: props.description,
    placeholder: props.placeholder,
    error,
    value,
    required: props.required ?? false,
    withAsterisk: false,
    dir: props.dir ?? 'auto',
    spellCheck: !mono,
    autoComplete: 'off',
    'aria-autocomplete': 'list' as const,
    'aria-haspopup': 'listbox' as const,
    'aria-controls': open ? listId : undefined,
    'aria-activedescendant': open ? `${listId}-${active}` : undefined,
    inputWrapperOrder: ['label', 'description', 'input', 'error'] as ('label' | 'description' | 'input' | 'error')[],
    styles: mono
      ? { input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }
      : { input: { fontSize: '1rem' } },
    onChange: (event: { currentTarget: { value: string } }) => {
      onChange(event.currentTarget.value);
      look();
    },
    onKeyDown,
    onKeyUp: (event: KeyboardEvent) => {
      if (['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) look();
    },
    onClick: look,
    onFocus: () => takeInserts(insert),
    onBlur: () => setTyping(undefined),
  };
  return (
    <Box pos="relative" data-field>
      {lines === undefined ? (
        <TextInput {...shared} />
      ) : (
        <Textarea {...shared} autosize minRows={lines} maxRows={props.linesAtMost ?? Math.max(lines, 14)} />
      )}
      {open && typing !== undefined && (
        <Paper
          withBorder
          shadow="md"
          id={listId}
          role="listbox"
          aria-label={t`Placeholders`}
          className={classes.completions}
          style={{ left: typing.left, top: typing.top }}
        >
          {options.map((it, at) => (
            <div
              key={it.path}
              id={`${listId}-${at}`}
              role="option"
              tabIndex={-1}
              aria-selected={at === active}
              className={classes.completion}
              // The field keeps the focus, so that its list is not closed before the click arrives.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => pick(it.path)}
              onKeyDown={undefined}
            >
              <code>{it.path}</code>
              <span>{nameOf(it.path, [it], i18n) === it.path ? it.sample : nameOf(it.path, [it], i18n)}</span>
            </div>
          ))}
        </Paper>
      )}
      <VisuallyHidden role="status">
        {open ? t`${options.length} placeholders. Choose with the arrow keys, insert with Enter.` : ''}
      </VisuallyHidden>
      {counted && (
        <Text
          size="xs"
          className={`figure ${classes.count}`}
          fw={length > most ? 600 : undefined}
          style={{ color: length > most ? 'var(--bad)' : 'var(--mantine-color-dimmed)' }}
        >
          {length > most ? (
            <Trans>
              {i18n.number(length - most)} too many ({i18n.number(length)} of {i18n.number(most)})
            </Trans>
          ) : (
            <Trans>
              {i18n.number(length)} of {i18n.number(most)}
            </Trans>
          )}
        </Text>
      )}
      {named.length > 0 && (
        <Text size="xs" c="dimmed" mt={4} component="div">
          <Trans>Filled in when it is sent:</Trans>{' '}
          {named.map((it) => (
            <span key={it} className={classes.pill}>
              {it}
            </span>
          ))}
        </Text>
      )}
      {unknown.map((it) => (
        <UnknownNote
          key={it.path}
          unknown={it}
          onReplace={(path) => onChange(replaced(value, it.path, path))}
          onDeclare={() => declare({ path: it.path })}
        />
      ))}
    </Box>
  );
}

function replaced(text: string, path: string, by: string): string {
  return text.replace(/\{\{[^{}]*\}\}/g, (tag) =>
    tag.replace(new RegExp(`(?<![\\w.])${path.replaceAll('.', '\\.')}(?![\\w.])`, 'g'), by),
  );
}

type UnknownProps = { unknown: Unknown; onReplace: (path: string) => void; onDeclare: () => void };

/** A placeholder that nobody declared, with what can be done about it. */
function UnknownNote({ unknown, onReplace, onDeclare }: UnknownProps) {
  const { path, nearest } = unknown;
  return (
    <Group gap={6} mt={4}>
      <Text size="xs" style={{ color: 'var(--warn)' }}>
        {nearest === undefined ? (
          <Trans>
            <Code>{path}</Code> is not one of the placeholders.
          </Trans>
        ) : (
          <Trans>
            <Code>{path}</Code> is not one of the placeholders. Did you mean <Code>{nearest}</Code>?
          </Trans>
        )}
      </Text>
      {nearest !== undefined && (
        <Button size="compact-xs" variant="light" onClick={() => onReplace(nearest)}>
          <Trans>Use {nearest}</Trans>
        </Button>
      )}
      <Button size="compact-xs" variant="default" onClick={onDeclare}>
        <Trans>Add it to the placeholders</Trans>
      </Button>
    </Group>
  );
}
