import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';

import { Box, Button, Group, Modal, Radio, Stack, Text, When } from '../../ui';
import type { Saving } from './DraftStore';
import { partLines, partTitle } from './partWords';

type Choice = 'mine' | 'theirs';

type Props = {
  clash: Extract<Saving, { state: 'clash' }>;
  onResolve: (choice: ReadonlyMap<string, Choice>) => void;
};

/** Two people changed the same parts of a draft: shows both versions, and lets the person choose for each part or for all. */
export function ClashDialog({ clash, onResolve }: Props) {
  const { t, i18n } = useLingui();
  const [choice, setChoice] = useState<ReadonlyMap<string, Choice>>(new Map());
  const open = clash.clashes.filter(({ part }) => !choice.has(part)).length;
  const focusOpen = () => {
    const part = clash.clashes.find((it) => !choice.has(it.part))?.part;
    const group = [...document.querySelectorAll<HTMLElement>('[data-part]')].find((it) => it.dataset['part'] === part);
    group?.querySelector<HTMLElement>('[role="radio"]')?.focus();
  };
  const all = (it: Choice) => onResolve(new Map(clash.clashes.map(({ part }) => [part, it])));
  return (
    <Modal
      opened
      size="xl"
      onClose={() => {}}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title={t`Somebody else changed this draft`}
    >
      <Stack>
        <Text>
          <Trans>
            The same parts were changed <When at={clash.theirs.updated_at} />, in another window or by somebody else.
            Choose which version to keep. Nothing is lost until then.
          </Trans>
        </Text>
        {clash.clashes.map(({ part, mine, theirs }) => (
          <Box key={part} data-part={part}>
            <Radio.Group
              label={partTitle(i18n, part)}
              labelProps={{ fw: 600, mb: 4 }}
              value={choice.get(part) ?? null}
              onChange={(it) => setChoice(new Map(choice).set(part, it as Choice))}
            >
              <div className="versions">
                <Version value="mine" title={t`Your version`} lines={partLines(i18n, part, mine)} />
                <Version value="theirs" title={t`The other version`} lines={partLines(i18n, part, theirs)} />
              </div>
            </Radio.Group>
          </Box>
        ))}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => all('theirs')}>
            <Trans>Use all of theirs</Trans>
          </Button>
          <Button variant="default" onClick={() => all('mine')}>
            <Trans>Keep all of mine</Trans>
          </Button>
          <Button onClick={() => (open === 0 ? onResolve(choice) : focusOpen())}>
            {open === 0 ? (
              <Trans>Save my choice</Trans>
            ) : (
              <Plural value={open} one="Choose a version for # part" other="Choose versions for # parts" />
            )}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Version({ value, title, lines }: { value: Choice; title: string; lines: { name?: string; text: string }[] }) {
  return (
    <Radio.Card value={value} p="sm" aria-label={title}>
      <Group gap="xs" mb={4}>
        <Radio.Indicator />
        <Text fw={600}>{title}</Text>
      </Group>
      <Box mah={220} style={{ overflow: 'auto' }}>
        {lines.map(({ name, text }) => (
          <Text key={`${name} ${text}`} component="div" size="sm" style={{ whiteSpace: 'pre-wrap' }}>
            {name !== undefined && (
              <Text component="span" size="xs" c="dimmed">
                {name}:{' '}
              </Text>
            )}
            {text}
          </Text>
        ))}
      </Box>
    </Radio.Card>
  );
}
