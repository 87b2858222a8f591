import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { useLocation } from 'react-router';

import type { Schemas } from '../../api';
import { Group, Icon, Paper, SegmentedControl, Text, TextInput, UnstyledButton } from '../../ui';
import { useComposed } from '../draft/useDraft';
import { languageName } from '../../content/editor/languages';
import { placeholdersOf, quick } from '../../content/editor/placeholders';
import { nameOf } from '../../content/editor/tagWords';
import { kindOf, typedValue, valueAt, type Values, withValue } from './values';

type Variable = Schemas['Variable'];

/** The blanks of a template: what everybody gets who brings no value of their own. */
export function ValuesForm() {
  const { t, i18n } = useLingui();
  const { fields, edit, problem } = useComposed();
  const [language, setLanguage] = useState('');
  const everyone = fields.values as Values | undefined;
  const { hash } = useLocation();
  // What comes with each person, such as a location, is asked for only if somebody wants one for all.
  const asksForAll = hash === '#values' || problem?.fields.some(({ field }) => field.startsWith('values')) === true;
  const variables = (fields.content.variables ?? []).filter(
    ({ path }) =>
      path !== '' && (asksForAll || valueAt(everyone, path) !== undefined || !quick.some((it) => it.path === path)),
  );
  const missing = variables.filter((it) => valueAt(everyone, it.path) === undefined);
  const total = variables.length;
  const filled = total - missing.length;
  const [open, setOpen] = useState(missing.length > 0);
  const tags = Object.keys(fields.content.languages ?? {});
  // A language that was removed meanwhile.
  const tag = tags.includes(language) ? language : '';
  if (variables.length === 0) return null;

  const byLanguage = fields.values_by_language as Record<string, Values> | undefined;
  const values = tag === '' ? everyone : byLanguage?.[tag];
  const titleOf = (it: Variable) => nameOf(it.path, placeholdersOf([it]), i18n);
  const set = (path: string, value: unknown) => {
    const changed = withValue(values, path, value) as Schemas['CreateCampaign']['values'];
    if (tag === '') edit({ values: changed });
    else {
      const { [tag]: _, ...others } = (byLanguage ?? {}) as NonNullable<typeof fields.values_by_language>;
      const isEmpty = changed === undefined || Object.keys(changed).length === 0;
      edit({ values_by_language: isEmpty ? others : { ...others, [tag]: changed } });
    }
  };
  const names = missing.map(titleOf).join(', ');
  return (
    <Paper withBorder px="md" py={6} id="values" role="group" aria-label={t`Fill in the blanks`}>
      <Group gap={4} mih={34}>
        <UnstyledButton aria-expanded={open} onClick={() => setOpen(!open)} style={{ flex: '1 1 220px', minWidth: 0 }}>
          <Group gap={8} wrap="nowrap">
            <Icon name={open ? 'down' : 'next'} size={14} />
            <Text fw={600} style={{ flex: 'none' }}>
              <Trans>Fill in the blanks</Trans>
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {missing.length === 0 ? (
                <Trans>All filled in</Trans>
              ) : open ? (
                <Trans>
                  {filled} of {total} filled in. People whose list has a value of their own get that one.
                </Trans>
              ) : (
                <Trans>
                  {filled} of {total} filled in. Missing: {names}
                </Trans>
              )}
            </Text>
          </Group>
        </UnstyledButton>
        {open && tags.length > 0 && (
          <SegmentedControl
            aria-label={t`Language of the values`}
            size="xs"
            value={tag}
            onChange={setLanguage}
            data={[
              { value: '', label: t`All languages` },
              ...tags.map((it) => ({ value: it, label: t`Only ${languageName(it, i18n.locale)}` })),
            ]}
          />
        )}
      </Group>
      {open && (
        <>
          <div className="fields blanks">
            {variables.map((it) => (
              <ValueField
                key={`${tag} ${it.path}`}
                variable={it}
                title={titleOf(it)}
                value={valueAt(values, it.path)}
                otherwise={tag === '' ? undefined : valueAt(everyone, it.path)}
                error={
                  problem?.of(`values.${it.path}`) ??
                  (tag === '' ? undefined : problem?.of(`values_by_language.${tag}.${it.path}`))
                }
                onChange={(value) => set(it.path, value)}
              />
            ))}
          </div>
          {problem?.of('values') !== undefined && (
            <Text size="sm" role="alert" style={{ color: 'var(--bad)' }}>
              {problem.of('values')}
            </Text>
          )}
        </>
      )}
    </Paper>
  );
}

type FieldProps = {
  variable: Variable;
  title: string;
  value: unknown;
  /** What all languages have, if this is a single one. */
  otherwise: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
};

function ValueField({ variable, title, value, otherwise, error, onChange }: FieldProps) {
  const { t } = useLingui();
  const sample: unknown = variable.sample;
  const kind = kindOf(sample, value ?? otherwise);
  const example = otherwise ?? sample;
  return (
    <TextInput
      label={title}
      title={`{{${variable.path}}}`}
      type={kind === 'moment' ? 'datetime-local' : kind === 'date' ? 'date' : 'text'}
      inputMode={kind === 'number' ? 'decimal' : undefined}
      placeholder={example === undefined ? undefined : t`for example ${asText(example)}`}
      value={asText(value)}
      onChange={(event) => onChange(typedValue(kind, event.currentTarget.value))}
      error={error}
    />
  );
}

function asText(value: unknown): string {
  if (value == null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
