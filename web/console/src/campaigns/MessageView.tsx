import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import type { Schemas } from '../api';
import { Box, Code, EmailFrame, Group, List, Paper, SegmentedControl, Stack, Text } from '../ui';

/** What a message and a preview have in common. */
type Shown = Pick<Schemas['Message'], 'subject' | 'html' | 'text' | 'reply_to' | 'title' | 'icon' | 'url' | 'template'>;

/** A message as its receiver sees it. */
export function MessageView({ channel, message }: { channel: Schemas['Channel']; message: Shown }) {
  switch (channel) {
    case 'email':
      return <Email message={message} />;
    case 'push':
      return (
        <Bubble>
          <Text fw={600}>{message.title}</Text>
          <Text style={{ whiteSpace: 'pre-wrap' }}>{message.text}</Text>
          {message.url != null && (
            <Text c="dimmed" size="xs">
              <Trans>Opens {message.url}</Trans>
            </Text>
          )}
        </Bubble>
      );
    default:
      return (
        <Stack gap="sm">
          {message.text != null && (
            <Bubble>
              <Text style={{ whiteSpace: 'pre-wrap' }}>{message.text}</Text>
            </Bubble>
          )}
          {message.template != null && <Template template={message.template} />}
        </Stack>
      );
  }
}

function Email({ message }: { message: Shown }) {
  const { t } = useLingui();
  const [part, setPart] = useState('html');
  const html = message.html ?? undefined;
  return (
    <Stack gap="sm" maw={760}>
      <Group justify="space-between" gap="sm">
        <Box style={{ flex: '1 1 200px', minWidth: 0 }}>
          <Text size="xs" c="dimmed">
            <Trans>Subject</Trans>
          </Text>
          <Text fw={600}>{message.subject}</Text>
          {message.reply_to != null && (
            <Text size="xs" c="dimmed">
              <Trans>Replies go to {message.reply_to}</Trans>
            </Text>
          )}
        </Box>
        {html !== undefined && (
          <SegmentedControl
            size="xs"
            aria-label={t`Version of the email`}
            value={part}
            onChange={setPart}
            data={[
              { value: 'html', label: t`As designed` },
              { value: 'text', label: t`Plain text` },
            ]}
          />
        )}
      </Group>
      {html !== undefined && part === 'html' ? (
        <EmailFrame html={html} title={t`The email`} height={900} fit />
      ) : (
        <Bubble>
          <Text style={{ whiteSpace: 'pre-wrap' }}>{message.text}</Text>
        </Bubble>
      )}
    </Stack>
  );
}

function Template({ template }: { template: Schemas['WhatsAppTemplate'] }) {
  const header = template.header == null ? undefined : Object.values(template.header)[0];
  return (
    <Bubble>
      <Text>
        <Trans>
          Template <Code>{template.name}</Code> in {template.language}
        </Trans>
      </Text>
      {header !== undefined && (
        <Text>
          <Trans>Header: {String(header)}</Trans>
        </Text>
      )}
      {(template.body ?? []).length > 0 && (
        <List type="ordered" size="sm">
          {(template.body ?? []).map((value, index) => (
            // The values of a template have no other name than their place.
            // oxlint-disable-next-line react/no-array-index-key
            <List.Item key={index}>{value}</List.Item>
          ))}
        </List>
      )}
    </Bubble>
  );
}

function Bubble({ children }: { children: React.ReactNode }) {
  return (
    <Paper p="sm" maw={560} style={{ background: 'var(--quiet)', overflowWrap: 'anywhere' }}>
      {children}
    </Paper>
  );
}
