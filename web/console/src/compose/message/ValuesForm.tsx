import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import type { Schemas } from '../../api';
import { Accordion, Group, SegmentedControl, Stack, Text, TextInput } from '../../ui';
import { useComposed } from '../draft/useDraft';
import { languageName } from '../../content/editor/languages';
import { kindOf, typedValue, valueAt, type Values, withValue } from './values';

type Variable = Schemas['Variable'];

/** The blanks of a template: what everybody gets who brings no value of their own. */
export function ValuesForm() {
  const { t, i18n } = useLingui();
  const { fields, edit, problem } = useComposed();
  const [language, setLanguage] = useState('');
  const variables = fields.content.variables ?? [];
  const tags = Object.keys(fields.content.languages ?? {});
  // A language that was removed meanwhile.
  const tag = tags.includes(language) ? language : '';
  if (variables.length === 0) return null;

  const everyone = fields.values as Values | undefined;
  const byLanguage = fields.values_by_language as Record<string, Values> | undefined;
  const values = tag === '' ? everyone : byLanguage?.[tag];
  const set = (path: string, value: unknown) => {
    const changed = withValue(values, path, value) as Schemas['CreateCampaign']['values'];
    if (tag === '') edit({ values: changed });
    else {
      const { [tag]: _, ...others } = (byLanguage ?? {}) as NonNullable<typeof fields.values_by_language>;
      const isEmpty = changed === undefined || Object.keys(changed).length === 0;
      edit({ values_by_language: isEmpty ? others : { ...others, [tag]: changed } });
    }
  };
  const filled = variables.filter((it) => valueAt(everyone, it.path) !== undefined).length;
  const total = variables.length;
  return (
    <Accordion variant="contained" chevronPosition="left" defaultValue={filled < total ? 'values' : null} id="values">
      <Accordion.Item value="values">
        <Accordion.Control>
          <Text fw={600}>
            <Trans>Fill in the blanks</Trans>
          </Text>
          <Text size="xs" c="dimmed">
            <Trans>
              {filled} of {total} filled in. People with a value of their own, for example from a file, get that one.
            </Trans>
          </Text>
        </Accordion.Control>
        <Accordion.Panel>
          <Stack gap="sm" pt="xs">
            {tags.length > 0 && (
              <Group>
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
              </Group>
            )}
            <div className="fields blanks">
              {variables.map((it) => (
                <ValueField
                  key={`${tag} ${it.path}`}
                  variable={it}
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
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}

type FieldProps = {
  variable: Variable;
  value: unknown;
  /** What all languages have, if this is a single one. */
  otherwise: unknown;
  error: string | undefined;
  onChange: (value: unknown) => void;
};

function ValueField({ variable, value, otherwise, error, onChange }: FieldProps) {
  const { t } = useLingui();
  const sample: unknown = variable.sample;
  const kind = kindOf(sample, value ?? otherwise);
  const description = variable.description ?? undefined;
  const example = otherwise ?? sample;
  return (
    <TextInput
      label={description ?? variable.path}
      description={description === undefined ? undefined : variable.path}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
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
