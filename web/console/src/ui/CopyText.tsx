import { useLingui } from '@lingui/react/macro';
import { ActionIcon, Code, CopyButton, Group, Tooltip } from '@mantine/core';

import { Icon } from './Icon';

/** A text that people pass on to others, such as a request id, with a button that copies it. */
export function CopyText({ value, label }: { value: string; label: string }) {
  const { t } = useLingui();
  return (
    <Group gap={4} wrap="nowrap" component="span" style={{ display: 'inline-flex', maxWidth: '100%' }}>
      <Code style={{ overflowWrap: 'anywhere' }}>{value}</Code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t`Copied` : t`Copy`}>
            <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={t`Copy ${label}`}>
              <Icon name={copied ? 'check' : 'copy'} size={14} />
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
