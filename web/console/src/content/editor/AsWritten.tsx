import { Trans, useLingui } from '@lingui/react/macro';

import { Code, EmailFrame, Paper, Stack, Text } from '../../ui';
import { MessagePicture } from './MessagePicture';
import { type Content, type Part, versionOf } from './versions';

type Props = { content: Content; part: Part; language: string };

/** A text with its placeholders, for what the server makes no preview of. */
export function AsWritten({ content, part, language }: Props) {
  const { t } = useLingui();
  const version = { ...versionOf(content, '') };
  const own = language === '' ? version : { ...version, ...withoutGaps(versionOf(content, language)) };
  return (
    <Stack gap="xs">
      {part === 'email' ? (
        own.email != null && (
          <>
            <Paper withBorder px="sm" py={8}>
              <Text fw={600} dir="auto">
                {own.email.subject}
              </Text>
            </Paper>
            {own.email.mjml == null ? (
              <EmailFrame title={t`The email as written`} html={STYLE + (own.email.html ?? '')} height={520} />
            ) : (
              <Code block mah={520} style={{ overflow: 'auto' }} tabIndex={0}>
                {own.email.mjml}
              </Code>
            )}
          </>
        )
      ) : (
        <MessagePicture
          part={part}
          of={{
            unknown_placeholders: [],
            samples: [],
            text: part === 'sms' ? own.sms?.text : part === 'whatsapp' ? own.whatsapp?.text : own.push?.body,
            title: own.push?.title,
            url: own.push?.url,
            template: own.whatsapp?.template,
            toolbar: own.toolbar,
            widget: own.widget,
          }}
        />
      )}
      <Text size="xs" c="dimmed">
        <Trans>As written, with placeholders and without a wrapper.</Trans>
      </Text>
    </Stack>
  );
}

const STYLE =
  '<style>body{font:15px/1.5 system-ui,sans-serif;color:#24211e;padding:16px;overflow-wrap:anywhere}th{text-align:left;padding-right:12px}</style>';

function withoutGaps<T extends object>(it: T): Partial<T> {
  return Object.fromEntries(Object.entries(it).filter(([, value]) => value != null)) as Partial<T>;
}
