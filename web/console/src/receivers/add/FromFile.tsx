import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useState } from 'react';

import { languageName } from '../../content/editor/languages';
import { Accordion, Button, FileButton, Group, Icon, Radio, Select, Stack, Text } from '../../ui';
import { filesOf } from '../knownFiles';
import { upload } from '../uploads';

type Props = {
  campaign: string;
  again: boolean;
  onStarted: () => void;
};

const MOST_BYTES = 512 * 1024 * 1024;
/** Languages whose way to write numbers and dates the reader of files knows; the person's own stands first. */
const written = ['en-GB', 'en-US', 'de', 'fr', 'es', 'it', 'nl', 'el', 'pt', 'pl', 'sv', 'da'];

/** Adds people from a file. It is sent at once; how it is read can be chosen before. */
export function FromFile({ campaign, again, onStarted }: Props) {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const [onBad, setOnBad] = useState<'keep' | 'refuse'>('keep');
  const [locale, setLocale] = useState('');
  const [over, setOver] = useState(false);
  const [refusal, setRefusal] = useState('');
  const take = (file: File | undefined | null) => {
    setOver(false);
    if (file == null) return;
    if (/\.(xlsx?|ods|numbers)$/i.test(file.name)) {
      setRefusal(t`${file.name} is a spreadsheet. Save it as CSV (UTF-8) and choose that file.`);
    } else if (file.size === 0) {
      setRefusal(t`${file.name} is empty.`);
    } else if (file.size > MOST_BYTES) {
      setRefusal(t`${file.name} is larger than 512 MB. Split it.`);
    } else {
      void upload(client, campaign, file, { on_bad_address: onBad, ...(locale === '' ? {} : { locale }) });
      onStarted();
    }
  };
  const known = filesOf(campaign).map((it) => it.name);
  const drag = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    },
  };
  return (
    <Stack gap="md">
      {again && (
        <Text size="sm">
          <Trans>
            People who are already here are not added twice: their name, language and values are updated from the file.
            Switches and corrected addresses stay. People who were removed here and are in the file are added again.
          </Trans>
          {known.length > 0 && (
            <Text component="span" size="sm" c="dimmed">
              {' '}
              <Trans>Already added: {known.join(', ')}</Trans>
            </Text>
          )}
        </Text>
      )}
      <div
        {...drag}
        style={{
          padding: 24,
          textAlign: 'center',
          borderRadius: 8,
          border: `2px dashed ${over ? 'var(--mantine-primary-color-filled)' : 'var(--line)'}`,
        }}
      >
        <Stack gap="xs" align="center">
          <FileButton accept=".csv,.txt,text/csv" onChange={take} inputProps={{ 'aria-label': t`CSV file` }}>
            {(props) => (
              <Button {...props} leftSection={<Icon name="upload" size={16} />}>
                <Trans>Choose a file</Trans>
              </Button>
            )}
          </FileButton>
          <Text size="sm" c="dimmed">
            <Trans>or drop it here. A CSV file whose first line names the columns.</Trans>
          </Text>
        </Stack>
      </div>
      {refusal !== '' && (
        <Group gap={6} role="alert" wrap="nowrap" style={{ color: 'var(--bad)' }}>
          <Icon name="attention" size={16} />
          <Text size="sm">{refusal}</Text>
        </Group>
      )}
      <Accordion variant="contained" chevronPosition="left">
        <Accordion.Item value="reading">
          <Accordion.Control>
            <Text fw={600}>
              <Trans>How the file is read</Trans>
            </Text>
          </Accordion.Control>
          <Accordion.Panel>
            <Stack gap="md">
              <Radio.Group
                label={t`If one of a person’s two addresses is wrong`}
                value={onBad}
                onChange={(it) => setOnBad(it as 'keep' | 'refuse')}
              >
                <Stack gap={8} mt={8}>
                  <Radio value="keep" label={t`Add the person without that address`} />
                  <Radio value="refuse" label={t`Leave the person out`} />
                </Stack>
              </Radio.Group>
              <Select
                label={t`Format of numbers and dates`}
                description={t`With German, 49,90 is read as a number and 5.12.2026 as a date.`}
                maw={360}
                data={[
                  { value: '', label: t`Keep them as they are` },
                  ...written.map((it) => ({ value: it, label: languageName(it, i18n.locale) })),
                ]}
                value={locale}
                onChange={(it) => setLocale(it ?? '')}
              />
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Stack>
  );
}
