import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useId, useLayoutEffect, useMemo, useRef } from 'react';

import { get, type Problem, type Schemas } from '../../api';
import { Banner, Box, Button, ButtonLink, EmptyState, Icon, Stack, Tabs, useParam } from '../../ui';
import { PushFields, SmsFields, ToolbarFields, WhatsAppFields, WidgetFields } from './ChannelFields';
import { EditorContext } from './EditorContext';
import { EmailFields } from './EmailFields';
import { Languages, Mark, panelOf } from './Languages';
import { languageName } from './languages';
import { OtherChannels } from './OtherChannels';
import { PlaceholderBar } from './PlaceholderBar';
import { type Placeholder, placeholdersOf, quick } from './placeholders';
import { type AskPreview, PreviewPane } from './PreviewPane';
import { VariablesDrawer } from './VariablesDrawer';
import { type Content, type Part, pathOf, says, type Version, versionOf, withPart } from './versions';
import { partWords } from './words';
import classes from './editor.module.css';
import { PaneSwitch, usePane } from './PaneSwitch';

export type ContentEditorProps = {
  value: Content;
  onChange: (next: Content) => void;
  channels: Schemas['Channel'][];
  problem: Problem | null;
  /** Without it, the text is shown as it is written. */
  preview?: AskPreview;
  /** The saved version of the document: the preview is asked for again when it changes. */
  version: number;
  /** What is saved, if that may be behind `value`: of a text that the server does not have, there is no preview. */
  saved?: Content;
  /** Whether a channel may be left out, as in a template: then it is not marked as missing. */
  optional?: boolean;
  /** Whether there are changes that are saved by a button later. */
  unsaved?: boolean;
  /** Where the channels are chosen, if that is another page. */
  channelsAt?: string;
};

/** The notices of the portal, which are stored and not sent yet: shown where somebody asks for them. */
const PORTAL: Part[] = ['toolbar', 'widget'];

/**
 * What a message says: on the left its fields, by language and channel, on the right the server's preview of it. The component
 * is controlled; a document of its own needs a `key` of its own.
 */
export function ContentEditor({
  value,
  onChange,
  channels,
  problem,
  preview,
  version,
  saved = value,
  optional = false,
  unsaved = false,
  channelsAt,
}: ContentEditorProps) {
  const { t, i18n } = useLingui();
  const tenant = useQuery(get('/v1/tenant'));
  const usual = value.language ?? tenant.data?.default_language ?? 'en';
  const [askedLanguage, setLanguage] = useParam('language');
  const [askedPart, setPart] = useParam('channel');
  const [pane, setPane] = usePane();
  const [drawer, setDrawer] = useParam('placeholders', { push: true });

  const isUsed = (it: Part) => [value, ...Object.values(value.languages ?? {})].some((written) => written[it] != null);
  const isRefused = (it: Part) => problem?.fields.some(({ field }) => field.split('.').includes(it)) === true;
  const shown: Part[] = [
    ...channels,
    ...PORTAL.filter((it) => it === askedPart || isRefused(it) || (optional && isUsed(it))),
  ];
  const part = shown.find((it) => it === askedPart) ?? shown[0];
  const language = value.languages?.[askedLanguage] === undefined ? '' : askedLanguage;
  const current = versionOf(value, language);
  const path = pathOf(language);

  // Several changes may come before the parent has drawn the first: each goes on from the one before.
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  const change = (how: (content: Content) => Content) => {
    latest.current = how(latest.current);
    onChange(latest.current);
  };
  const setPartOf = <P extends Part>(it: P, to: Version[P] | undefined) =>
    change((content) => withPart(content, language, it, to));

  const insertInto = useRef<(text: string) => void>(undefined);
  const declare = ({ path: name, sample, description }: Placeholder) =>
    change((content) => {
      const before = content.variables ?? [];
      if (before.some((it) => it.path === name)) return content;
      return {
        ...content,
        variables: [
          ...before,
          {
            path: name,
            ...(sample === undefined ? {} : { sample }),
            ...(description === undefined ? {} : { description }),
          },
        ],
      };
    });
  const variables = value.variables;
  const known = useMemo(() => placeholdersOf(variables ?? []), [variables]);
  const declareNow = useRef(declare);
  useLayoutEffect(() => {
    declareNow.current = declare;
  });
  const editing = useMemo(
    () => ({
      known,
      declare: (it: Placeholder) => declareNow.current(it),
      takeInserts: (insert: ((text: string) => void) | undefined) => {
        insertInto.current = insert;
      },
    }),
    [known],
  );
  const writing = useRef<HTMLDivElement>(null);
  const insert = (it: Placeholder) => {
    // Before anything had the focus, it goes where most is written.
    if (insertInto.current === undefined) {
      const fields = Array.from(
        writing.current?.querySelectorAll<HTMLInputElement>('[data-field] :is(input, textarea)') ?? [],
      );
      const field = fields.find((one) => one.matches('textarea')) ?? fields[0];
      field?.focus();
      field?.setSelectionRange(field.value.length, field.value.length);
    }
    insertInto.current?.(`{{${it.path}}}`);
    if (quick.some((one) => one.path === it.path) && !known.some((one) => one.path === it.path)) declare(it);
  };
  const isMissing = (it: Part) =>
    current[it] == null && (language === '' ? !optional && !PORTAL.includes(it) : value[it] != null);
  const languagesId = useId();
  if (part === undefined) {
    return (
      <EmptyState
        icon="compose"
        title={t`No channel is chosen yet`}
        action={
          channelsAt !== undefined && (
            <ButtonLink to={channelsAt}>
              <Trans>Choose channels</Trans>
            </ButtonLink>
          )
        }
      >
        <Trans>Choose how the message is sent first. Then write it here.</Trans>
      </EmptyState>
    );
  }
  const fields = { problem, path: `${path}.${part}` };
  const instead = language !== '' && current[part] == null && value[part] != null;
  const tags = Object.keys(value.languages ?? {});
  return (
    <EditorContext value={editing}>
      <Tabs value={part} onChange={(it) => setPart(it ?? undefined)} keepMounted={false} className={classes.editor}>
        <div className={classes.heads}>
          <Tabs.List aria-label={t`Channels`} className={classes.channels}>
            {shown.map((it) => (
              <Tabs.Tab
                key={it}
                value={it}
                px={10}
                leftSection={<Icon name={partWords[it].icon} size={16} />}
                rightSection={
                  problem?.fields.some(
                    ({ field }) => field === `${path}.${it}` || field.startsWith(`${path}.${it}.`),
                  ) === true ? (
                    <Mark icon="cross" tone="bad" label={t`Something needs to be corrected`} />
                  ) : isMissing(it) ? (
                    <Mark icon="attention" tone="warn" label={t`Nothing written yet`} />
                  ) : undefined
                }
              >
                {i18n._(partWords[it].title)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <OtherChannels
            portal={PORTAL.filter((it) => !shown.includes(it))}
            onShow={(it) => setPart(it)}
            channelsAt={channelsAt}
          />
          <Languages
            id={languagesId}
            content={value}
            onChange={(next) => change(() => next)}
            channels={optional ? [] : channels}
            usual={usual}
            chosen={language}
            onChoose={(it) => setLanguage(it)}
            problem={problem}
          />
        </div>
        <div {...(tags.length === 0 ? {} : panelOf(languagesId, language))}>
          <div className={classes.panes}>
            <PaneSwitch value={pane} onChange={setPane} />
          </div>
          <div className={classes.layout} data-pane={pane}>
            <Stack gap="xs" className={classes.fields} style={{ minWidth: 0 }} ref={writing}>
              <PlaceholderBar known={known} onInsert={insert} onManage={() => setDrawer('open')} />
              {instead && (
                <Banner
                  tone="quiet"
                  icon="templates"
                  title={t`Not written in ${languageName(language, i18n.locale)} yet`}
                  action={
                    <Button
                      size="xs"
                      variant="default"
                      leftSection={<Icon name="copy" size={14} />}
                      onClick={() => setPartOf(part, value[part])}
                    >
                      <Trans>Start from the default text</Trans>
                    </Button>
                  }
                >
                  <Trans>Its readers get the default text until you write one here.</Trans>
                </Banner>
              )}
              <Tabs.Panel value={part} key={`${part} ${language}`}>
                {part === 'email' && (
                  <EmailFields
                    {...fields}
                    value={current.email}
                    onChange={(it) => setPartOf('email', it)}
                    wrapper={value.wrapper ?? 'default'}
                    onWrapper={(wrapper) => change((content) => ({ ...content, wrapper }))}
                  />
                )}
                {part === 'sms' && (
                  <SmsFields
                    {...fields}
                    value={current.sms}
                    onChange={(it) => setPartOf('sms', it)}
                    email={current.email}
                  />
                )}
                {part === 'whatsapp' && (
                  <WhatsAppFields {...fields} value={current.whatsapp} onChange={(it) => setPartOf('whatsapp', it)} />
                )}
                {part === 'push' && (
                  <PushFields {...fields} value={current.push} onChange={(it) => setPartOf('push', it)} />
                )}
                {part === 'toolbar' && (
                  <ToolbarFields {...fields} value={current.toolbar} onChange={(it) => setPartOf('toolbar', it)} />
                )}
                {part === 'widget' && (
                  <WidgetFields {...fields} value={current.widget} onChange={(it) => setPartOf('widget', it)} />
                )}
              </Tabs.Panel>
            </Stack>
            <Box className={classes.preview} style={{ minWidth: 0 }}>
              <PreviewPane
                part={part}
                language={language}
                version={version}
                preview={preview}
                content={value}
                unsaved={unsaved}
                written={says(saved, language, part)}
                measured
              />
            </Box>
          </div>
        </div>
      </Tabs>
      <VariablesDrawer
        opened={drawer !== ''}
        onClose={() => setDrawer(undefined)}
        variables={value.variables ?? []}
        onChange={(it) => change((content) => ({ ...content, variables: it }))}
        problem={problem}
      />
    </EditorContext>
  );
}
