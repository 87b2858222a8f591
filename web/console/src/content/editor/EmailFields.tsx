import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';

import { get, type Schemas } from '../../api';
import {
  Button,
  Group,
  Loading,
  SegmentedControl,
  Select,
  Stack,
  Text,
  useConfirm,
  useMediaQuery,
  useParam,
} from '../../ui';
import type { FieldsProps } from './ChannelFields';
import { MoreFields } from './MoreFields';
import { blank, isMjml, mjmlOfHtml, mjmlOfText } from './mjml/start';
import { htmlOfText, textOfHtml } from './plainText';
import { TemplateField } from './TemplateField';

type Email = Schemas['EmailContent'];
type Way = 'blocks' | 'code' | 'text';

const BlockEditor = lazy(async () => ({ default: (await import('./blocks/BlockEditor')).BlockEditor }));

type Props = FieldsProps<Email> & {
  /** The choice of the whole document: `default`, `none` or an id. */
  wrapper: string;
  onWrapper: (wrapper: string) => void;
};

/** An email: its subject, where replies go, what surrounds it, and its text by blocks, as code or as plain text. */
export function EmailFields({ value, onChange, problem, path, wrapper, onWrapper }: Props) {
  const { t } = useLingui();
  const email = value ?? { subject: '' };
  const set = (changed: Partial<Email>) => {
    const next = withoutGaps({ ...email, ...changed });
    onChange(next.subject === '' && isBlank(next) && (next.reply_to ?? '') === '' ? undefined : next);
  };
  const error = (name: string) => {
    const own = problem?.fields.find(({ field }) => field === `${path}.${name}`);
    return name === 'html' && own?.code === 'missing' ? t`The email has no text yet.` : own?.detail;
  };
  const wrappers = useWrappers(wrapper);
  const wrapperError = problem?.of('content.wrapper');
  const plain = wayOf(email) === 'text';
  const about = [
    (email.reply_to ?? '') === '' ? t`Replies to the sender` : t`Replies to ${email.reply_to}`,
    wrappers.chosen,
    ...(plain ? [] : [email.text == null ? t`automatic plain text` : t`plain text of your own`]),
  ].join(' · ');
  const inside = error('reply_to') ?? wrapperError ?? (plain ? undefined : error('text'));
  return (
    <Stack gap={6}>
      <TemplateField
        label={t`Subject`}
        value={email.subject}
        onChange={(subject) => set({ subject })}
        error={error('subject')}
        most={255}
      />
      <MoreFields about={about} forced={inside !== undefined}>
        <TemplateField
          label={t`Replies go to`}
          placeholder={t`The sender’s address`}
          value={email.reply_to ?? ''}
          onChange={(reply) => set({ reply_to: reply === '' ? undefined : reply })}
          error={error('reply_to')}
          unchecked
          dir="ltr"
        />
        <Select
          label={t`Wrapper`}
          description={t`The header and footer around the text`}
          data={wrappers.all}
          value={wrapper}
          onChange={(it) => it !== null && onWrapper(it)}
          error={wrapperError}
        />
        {!plain && (
          <TemplateField
            label={t`Plain-text version`}
            description={t`For mail programs that show no design. Leave it empty to have it made from the email.`}
            value={email.text ?? ''}
            onChange={(text) => set({ text: text === '' ? undefined : text })}
            error={error('text')}
            lines={2}
          />
        )}
      </MoreFields>
      <EmailBody email={email} set={set} error={error} />
    </Stack>
  );
}

function isBlank(email: Email): boolean {
  return (email.html ?? '') === '' && (email.mjml ?? '') === '' && (email.text ?? '') === '';
}

function withoutGaps(email: Email): Email {
  return Object.fromEntries(Object.entries(email).filter(([, it]) => it != null)) as Email;
}

/** The way in which an email was written, as its stored form shows. */
function wayOf(email: Email): 'mjml' | 'html' | 'text' | 'blank' {
  if (email.mjml != null) return 'mjml';
  if (email.text != null && email.html != null && email.html === htmlOfText(email.text)) return 'text';
  return (email.html ?? '') === '' ? 'blank' : 'html';
}

type BodyProps = { email: Email; set: (changed: Partial<Email>) => void; error: (name: string) => string | undefined };

function EmailBody({ email, set, error }: BodyProps) {
  const { t } = useLingui();
  const confirm = useConfirm();
  const narrow = useMediaQuery('(max-width: 48em)') ?? false;
  const [asked, setAsked] = useParam('body');
  const stored = wayOf(email);
  const possible: Record<typeof stored, Way[]> = {
    mjml: ['blocks', 'code'],
    html: ['code'],
    text: ['text'],
    blank: ['blocks', 'code', 'text'],
  };
  const ways = possible[stored];
  const way: Way = ways.find((it) => it === asked) ?? (stored === 'blank' && narrow ? 'text' : (ways[0] ?? 'code'));

  const go = async (to: Way) => {
    if (ways.includes(to)) return setAsked(to);
    const source = email.mjml ?? email.html ?? '';
    if (to === 'text') {
      const yes = await confirm({
        title: t`Switch to plain text?`,
        text: t`The text is kept. The design is lost: columns, images, colors and buttons.`,
        verb: t`Switch to plain text`,
        grave: true,
      });
      if (!yes) return;
      const text = email.text ?? textOfHtml(source);
      set({ text, html: htmlOfText(text), mjml: undefined });
    } else if (to === 'blocks') {
      const page = stored === 'html' && /<(html|head|body)[\s>]/i.test(source);
      const yes =
        stored === 'text' ||
        (await confirm({
          title: t`Switch to blocks?`,
          text: page
            ? t`This is a complete page. Its styles and layout cannot be converted into blocks; its text is kept as one text block.`
            : t`The HTML becomes one text block, and you can add others. It cannot be turned back into the original HTML.`,
          verb: t`Switch to blocks`,
          grave: true,
        }));
      if (!yes) return;
      const mjml = stored === 'text' || page ? mjmlOfText(email.text ?? textOfHtml(source)) : mjmlOfHtml(source);
      set({ mjml, html: undefined, text: undefined });
    } else {
      // The HTML of a plain text is kept, and its text part is made from it again.
      set({ text: undefined });
    }
    setAsked(to);
  };
  const leaveMjml = async () => {
    const yes = await confirm({
      title: t`Start over with HTML?`,
      text: t`The blocks are removed from this version of the email.`,
      verb: t`Remove the blocks`,
      grave: true,
    });
    if (yes) set({ mjml: undefined, html: undefined });
  };
  const body = error('html') ?? error('mjml');
  const [tools, setTools] = useState<HTMLElement | null>(null);
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap={6}>
        <SegmentedControl
          aria-label={t`Format of the email`}
          size="xs"
          value={way}
          onChange={(it) => void go(it as Way)}
          data={[
            { value: 'blocks', label: t`Blocks` },
            { value: 'code', label: t`Code` },
            { value: 'text', label: t`Plain text` },
          ]}
        />
        {way === 'code' && stored === 'mjml' && (
          <Button size="compact-xs" variant="subtle" onClick={() => void leaveMjml()}>
            <Trans>Start over with HTML</Trans>
          </Button>
        )}
        {way === 'blocks' && <Group gap={2} ref={setTools} />}
      </Group>
      {way === 'blocks' && (
        <>
          {body !== undefined && (
            <Text size="xs" style={{ color: 'var(--bad)' }}>
              {body}
            </Text>
          )}
          <Suspense fallback={<Loading rows={8} />}>
            <BlockEditor mjml={email.mjml ?? blank} onChange={(mjml) => set({ mjml, html: undefined })} tools={tools} />
          </Suspense>
        </>
      )}
      {way === 'code' && (
        <TemplateField
          label={stored === 'mjml' ? t`MJML` : t`HTML`}
          description={
            stored === 'mjml'
              ? undefined
              : t`The part inside the wrapper, or a complete page. To write without code, choose Blocks or Plain text above.`
          }
          value={email.mjml ?? email.html ?? ''}
          onChange={(source) =>
            set(
              isMjml(source) || (email.mjml != null && source !== '')
                ? { mjml: source, html: undefined }
                : { html: source === '' ? undefined : source, mjml: undefined },
            )
          }
          error={body}
          lines={16}
          linesAtMost={36}
          mono
          dir="ltr"
        />
      )}
      {way === 'text' && (
        <TemplateField
          label={t`Text`}
          description={t`An empty line starts a new paragraph. Web addresses become links.`}
          value={email.text ?? ''}
          onChange={(text) =>
            set(text === '' ? { text: undefined, html: undefined } : { text, html: htmlOfText(text) })
          }
          error={error('text') ?? body}
          lines={12}
          linesAtMost={30}
        />
      )}
    </Stack>
  );
}

/** The wrappers to choose from, and the name of the chosen one. */
function useWrappers(value: string) {
  const { t } = useLingui();
  const wrappers = useQuery(get('/v1/wrappers', { params: { query: { limit: 100 } } }));
  const known = wrappers.data?.wrappers ?? [];
  const usual = known.find((it) => it.default);
  const all = [
    { value: 'default', label: usual === undefined ? t`The default wrapper` : t`Default: ${usual.name}` },
    { value: 'none', label: t`No wrapper` },
    ...known.map((it) => ({ value: it.id, label: it.name })),
  ];
  if (!all.some((it) => it.value === value)) all.push({ value, label: t`A wrapper that is not listed` });
  const name = (value === 'default' ? usual : known.find((it) => it.id === value))?.name;
  const chosen = value === 'none' ? t`no wrapper` : name === undefined ? t`default wrapper` : t`wrapper “${name}”`;
  return { all, chosen };
}
