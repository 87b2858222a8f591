import { Trans, useLingui } from '@lingui/react/macro';
import { useMemo, useRef } from 'react';

import type { Problem, Schemas } from '../../api';
import { ActionIcon, Button, Fieldset, Group, Icon, Select, SimpleGrid, Stack, Text, TextInput } from '../../ui';
import { textOfEmail } from './plainText';
import { SmsMeter } from './SmsMeter';
import { TemplateField } from './TemplateField';
import { orNothing } from './versions';
import { widgetTypes } from './words';

export type FieldsProps<Value> = {
  value: Value | null | undefined;
  onChange: (value: Value | undefined) => void;
  problem: Problem | null;
  /** The path of the part in the API's problems. */
  path: string;
};

/** An optional text as the API has it: absent instead of empty. */
function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

type SmsProps = FieldsProps<Schemas['SmsContent']> & {
  /** The email in the same language, whose words can be taken over. */
  email: Schemas['EmailContent'] | null | undefined;
};

export function SmsFields({ value, onChange, problem, path, email }: SmsProps) {
  const { t } = useLingui();
  const place = useRef<HTMLDivElement>(null);
  const sms = value ?? { text: '' };
  const set = (changed: Partial<typeof sms>) => {
    const next = { ...sms, ...changed };
    onChange(next.text === '' ? undefined : next);
  };
  const isEmpty = sms.text === '';
  const words = useMemo(() => (isEmpty && email != null ? textOfEmail(email) : ''), [isEmpty, email]);
  return (
    <Stack gap="xs" ref={place}>
      <TemplateField
        label={t`Text message`}
        value={sms.text}
        onChange={(text) => set({ text })}
        error={problem?.of(`${path}.text`)}
        most={1600}
        lines={5}
      />
      {words !== '' && (
        <Button
          variant="subtle"
          size="compact-sm"
          style={{ alignSelf: 'flex-start' }}
          onClick={() => {
            set({ text: words });
            place.current?.querySelector('textarea')?.focus();
          }}
        >
          <Trans>Use the email’s text</Trans>
        </Button>
      )}
      <SmsMeter
        text={sms.text}
        simplified={sms.plain_punctuation === true}
        onSimplify={(on) => set({ plain_punctuation: on })}
      />
    </Stack>
  );
}

export function PushFields({ value, onChange, problem, path }: FieldsProps<Schemas['PushContent']>) {
  const { t } = useLingui();
  const push = value ?? { title: '', body: '' };
  const set = (changed: Partial<typeof push>) => onChange(orNothing({ ...push, ...changed }));
  const error = (name: string) => problem?.of(`${path}.${name}`);
  return (
    <Stack gap="sm">
      <TemplateField
        label={t`Title`}
        value={push.title}
        onChange={(title) => set({ title })}
        error={error('title')}
        most={120}
      />
      <TemplateField
        label={t`Text`}
        value={push.body}
        onChange={(body) => set({ body })}
        error={error('body')}
        most={800}
        lines={3}
      />
      <TemplateField
        label={t`Link`}
        description={t`Optional. Starts with https://`}
        value={push.url ?? ''}
        onChange={(url) => set({ url: given(url) })}
        error={error('url')}
        dir="ltr"
      />
      <TemplateField
        label={t`Image`}
        description={t`Optional. The address of an image, starting with https://`}
        value={push.icon ?? ''}
        onChange={(icon) => set({ icon: given(icon) })}
        error={error('icon')}
        dir="ltr"
      />
    </Stack>
  );
}

export function ToolbarFields({ value, onChange, problem, path }: FieldsProps<Schemas['ToolbarContent']>) {
  const { t } = useLingui();
  const toolbar = value ?? { title: '', description: '' };
  const set = (changed: Partial<typeof toolbar>) => onChange(orNothing({ ...toolbar, ...changed }));
  const error = (name: string) => problem?.of(`${path}.${name}`);
  return (
    <Stack gap="sm">
      <TemplateField
        label={t`Title`}
        value={toolbar.title}
        onChange={(title) => set({ title })}
        error={error('title')}
        most={45}
      />
      <TemplateField
        label={t`Description`}
        value={toolbar.description}
        onChange={(description) => set({ description })}
        error={error('description')}
        most={65}
      />
      <TemplateField
        label={t`Link`}
        description={t`Optional. Starts with https://, mailto: or tel:`}
        value={toolbar.url ?? ''}
        onChange={(url) => set({ url: given(url) })}
        error={error('url')}
        dir="ltr"
      />
      <TemplateField
        label={t`Icon`}
        description={t`Optional. The name of an icon of your portal, or the address of an image`}
        value={toolbar.icon ?? ''}
        onChange={(icon) => set({ icon: given(icon) })}
        error={error('icon')}
        dir="ltr"
      />
    </Stack>
  );
}

export function WidgetFields({ value, onChange, problem, path }: FieldsProps<Schemas['WidgetContent']>) {
  const { t, i18n } = useLingui();
  const widget = value ?? { title: '', description: '', type: 'info' as const };
  const set = (changed: Partial<typeof widget>) => {
    const next = { ...widget, ...changed };
    const { type: _, ...rest } = next;
    onChange(orNothing(rest) === undefined ? undefined : next);
  };
  const error = (name: string) => problem?.of(`${path}.${name}`);
  return (
    <Stack gap="sm">
      <TemplateField
        label={t`Title`}
        value={widget.title}
        onChange={(title) => set({ title })}
        error={error('title')}
        most={255}
      />
      <TemplateField
        label={t`Description`}
        value={widget.description}
        onChange={(description) => set({ description })}
        error={error('description')}
        most={750}
        lines={3}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Select
          label={t`Style`}
          data={Object.entries(widgetTypes).map(([type, title]) => ({ value: type, label: i18n._(title) }))}
          value={widget.type}
          onChange={(type) => type !== null && set({ type: type as Schemas['WidgetType'] })}
          error={error('type')}
        />
        <TextInput
          type="datetime-local"
          label={t`Disappears at`}
          description={undefined}
          value={localMinute(widget.expires_at)}
          onChange={(event) => set({ expires_at: instantOf(event.currentTarget.value) })}
          error={error('expires_at')}
        />
      </SimpleGrid>
      <Text size="xs" c="dimmed">
        <Trans>Leave the time empty if the alert stays until it is replaced. It is in your own time zone.</Trans>
      </Text>
    </Stack>
  );
}

/** An instant in the form that the browser's field has, in the person's zone. */
function localMinute(instant: string | null | undefined): string {
  if (instant == null) return '';
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function instantOf(local: string): string | undefined {
  return local === '' ? undefined : new Date(local).toISOString();
}

export function WhatsAppFields({ value, onChange, problem, path }: FieldsProps<Schemas['WhatsAppContent']>) {
  const { t } = useLingui();
  const whatsapp = value ?? {};
  const { template } = whatsapp;
  const set = (changed: Partial<typeof whatsapp>) => onChange(orNothing({ ...whatsapp, ...changed }));
  return (
    <Stack gap="md">
      <TemplateField
        label={t`Text`}
        description={t`For people who wrote to you in the last 24 hours.`}
        value={whatsapp.text ?? ''}
        onChange={(text) => set({ text: given(text) })}
        error={problem?.of(`${path}.text`)}
        most={4096}
        lines={4}
      />
      {problem?.fields
        .filter(({ field }) => field === path)
        .map((it) => (
          <Text key={it.code} size="xs" style={{ color: 'var(--bad)' }}>
            {it.detail}
          </Text>
        ))}
      {template == null ? (
        <div>
          <Button
            variant="default"
            leftSection={<Icon name="plus" size={16} />}
            onClick={() => set({ template: { name: '', language: 'en' } })}
          >
            <Trans>Add an approved template</Trans>
          </Button>
          <Text size="xs" c="dimmed" mt={4}>
            <Trans>Everyone else gets a WhatsApp message only through a template that WhatsApp has approved.</Trans>
          </Text>
        </div>
      ) : (
        <TemplateMetadata
          value={template}
          onChange={(it) => set({ template: it })}
          problem={problem}
          path={`${path}.template`}
        />
      )}
    </Stack>
  );
}

type Template = Schemas['WhatsAppTemplate'];
type Header = Schemas['WhatsAppTemplateHeader'];
type HeaderKind = 'text' | 'image' | 'video' | 'document';

function headerOf(header: Header | null | undefined): { kind: HeaderKind | ''; value: string } {
  const [entry] = Object.entries(header ?? {}) as [HeaderKind, string][];
  return entry === undefined ? { kind: '', value: '' } : { kind: entry[0], value: entry[1] };
}

/** The template that WhatsApp approved, and what stands in its places. */
function TemplateMetadata({ value, onChange, problem, path }: FieldsProps<Template> & { value: Template }) {
  const { t } = useLingui();
  const set = (changed: Partial<Template>) => onChange({ ...value, ...changed });
  const error = (name: string) => problem?.of(`${path}.${name}`);
  const header = headerOf(value.header);
  const setHeader = (kind: HeaderKind | '', text: string) =>
    set({ header: kind === '' ? undefined : ({ [kind]: text } as Header) });
  return (
    <Fieldset legend={t`Approved template`}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            label={t`Name`}
            description={t`For Twilio, its content SID`}
            value={value.name}
            onChange={(event) => set({ name: event.currentTarget.value.trim() })}
            error={error('name')}
          />
          <TextInput
            label={t`Language`}
            description={t`WhatsApp’s code for it, for example en_US`}
            value={value.language}
            onChange={(event) => set({ language: event.currentTarget.value.trim() })}
            error={error('language')}
          />
        </SimpleGrid>
        <Select
          label={t`Header`}
          data={[
            { value: '', label: t`Nothing to fill in` },
            { value: 'text', label: t`Text` },
            { value: 'image', label: t`Image` },
            { value: 'video', label: t`Video` },
            { value: 'document', label: t`Document` },
          ]}
          value={header.kind}
          onChange={(kind) => setHeader((kind ?? '') as HeaderKind | '', header.value)}
        />
        {header.kind !== '' && (
          <TemplateField
            label={header.kind === 'text' ? t`Header text` : t`Address of the header file`}
            value={header.value}
            onChange={(text) => setHeader(header.kind, text)}
            error={error('header')}
          />
        )}
        <Values
          title={t`Values in the text`}
          about={t`In the order of the placeholders ${'{{1}}'}, ${'{{2}}'} and so on in the template.`}
          add={t`Add a value`}
          label={(number) => t`Value ${number}`}
          values={value.body ?? []}
          onChange={(body) => set({ body })}
          problem={problem}
          path={`${path}.body`}
        />
        <Values
          title={t`Buttons`}
          about={t`The end of a link, or “payload:” followed by what a quick reply returns. Leave it empty if the button has nothing to fill in.`}
          add={t`Add a button`}
          label={(number) => t`Button ${number}`}
          values={value.buttons ?? []}
          onChange={(buttons) => set({ buttons })}
          problem={problem}
          path={`${path}.buttons`}
        />
        <div>
          <Button variant="subtle" color="red.8" size="compact-sm" onClick={() => onChange(undefined)}>
            <Trans>Remove the template</Trans>
          </Button>
        </div>
      </Stack>
    </Fieldset>
  );
}

type ValuesProps = {
  title: string;
  about: string;
  add: string;
  label: (number: number) => string;
  values: string[];
  onChange: (values: string[]) => void;
  problem: Problem | null;
  path: string;
};

function Values({ title, about, add, label, values, onChange, problem, path }: ValuesProps) {
  const { t } = useLingui();
  return (
    <Stack gap={6} role="group" aria-label={title}>
      <div>
        <Text fw={500}>{title}</Text>
        <Text size="xs" c="dimmed">
          {about}
        </Text>
      </div>
      {values.map((it, at) => (
        // The values have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <Group key={at} gap={6} align="flex-end" wrap="nowrap">
          <div style={{ flex: 1, minWidth: 0 }}>
            <TemplateField
              label={label(at + 1)}
              value={it}
              onChange={(text) => onChange(values.map((old, place) => (place === at ? text : old)))}
              error={problem?.of(`${path}[${at}]`)}
            />
          </div>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            mb={2}
            aria-label={t`Remove ${label(at + 1)}`}
            onClick={() => onChange(values.filter((_, place) => place !== at))}
          >
            <Icon name="trash" size={16} />
          </ActionIcon>
        </Group>
      ))}
      {problem?.of(path) !== undefined && (
        <Text size="xs" style={{ color: 'var(--bad)' }}>
          {problem.of(path)}
        </Text>
      )}
      {values.length < 30 && (
        <div>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => onChange([...values, ''])}
          >
            {add}
          </Button>
        </div>
      )}
    </Stack>
  );
}
