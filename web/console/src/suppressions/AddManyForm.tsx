import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';

import type { Schemas } from '../api';
import { Button, FileButton, Group, Icon, Stack, Text, Textarea } from '../ui';
import { ChannelField, useRegion } from './AddressFields';
import { linesOf } from './lines';
import { ManyResult } from './ManyResult';
import { momentOf, ReasonFields } from './ReasonFields';
import { useManyAdded } from './useManyAdded';

/** Suppresses a list of addresses, pasted or from a file. */
export function AddManyForm() {
  const { t } = useLingui();
  const region = useRegion();
  const [channel, setChannel] = useState<Schemas['Channel']>('email');
  const [text, setText] = useState('');
  const [file, setFile] = useState<{ name: string; text: string } | undefined>();
  const [source, setSource] = useState<Schemas['SuppressionSource']>('unsubscribed');
  const [since, setSince] = useState('');
  const [missing, setMissing] = useState(false);
  const { progress, run, stop, forget } = useManyAdded();
  const lines = linesOf(file?.text ?? text);
  const common = { channel, region, source, at: momentOf(since) };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(lines.length === 0);
    if (lines.length > 0) void run(lines, common);
  };
  if (progress !== undefined) {
    return (
      <ManyResult
        progress={progress}
        onStop={stop}
        onContinue={() => void run(lines, common, progress)}
        onMore={() => {
          forget();
          setText('');
          setFile(undefined);
        }}
      />
    );
  }
  const error = missing && lines.length === 0 ? t`Paste addresses, or choose a file.` : undefined;
  return (
    <form noValidate onSubmit={submit} aria-label={t`Add many addresses`}>
      <Stack>
        <ChannelField value={channel} onChange={setChannel} />
        {file === undefined ? (
          <Textarea
            label={t`Addresses`}
            description={t`One per line. You can add a comma and the date when they asked.`}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            minRows={6}
            maxRows={12}
            error={error}
            spellCheck={false}
          />
        ) : (
          <Group justify="space-between" wrap="nowrap">
            <Text fw={600} className="clip" dir="auto">
              {file.name}
            </Text>
            <Button size="compact-sm" variant="default" onClick={() => setFile(undefined)} style={{ flex: 'none' }}>
              <Trans>Choose another</Trans>
            </Button>
          </Group>
        )}
        <Group justify="space-between">
          <FileButton
            accept=".csv,.txt,text/csv,text/plain"
            onChange={(chosen) => void chosen?.text().then((content) => setFile({ name: chosen.name, text: content }))}
          >
            {(props) => (
              <Button {...props} size="compact-sm" variant="default" leftSection={<Icon name="upload" size={14} />}>
                <Trans>Choose a file</Trans>
              </Button>
            )}
          </FileButton>
          <Text size="sm" c="dimmed" role="status">
            <Plural value={lines.length} one="# address" other="# addresses" />
          </Text>
        </Group>
        <ReasonFields source={source} onSource={setSource} since={since} onSince={setSince} problem={null} />
        <div>
          <Button type="submit">
            {lines.length === 0 ? (
              <Trans>Suppress them</Trans>
            ) : (
              <Plural value={lines.length} one="Suppress # address" other="Suppress # addresses" />
            )}
          </Button>
        </div>
        <Text size="sm" c="dimmed">
          <Trans>Addresses that are already suppressed keep their time and reason.</Trans>
        </Text>
      </Stack>
    </form>
  );
}
