import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { Bytes, Button, Count, Group, Icon, Paper, ProblemNote, Progress, Stack, Text, Title, useParam } from '../ui';
import { FileOutcome } from './FileOutcome';
import { forgetFile } from './knownFiles';
import { removeUpload, type Upload, upload as start, refreshReceivers, useUploads } from './uploads';
import { type CampaignFile, isAtWork } from './useImports';

/** The files that receivers came from, and those that are on their way. */
export function SourceRows({ campaign, files }: { campaign: string; files: CampaignFile[] }) {
  const uploads = useUploads(campaign);
  if (uploads.length === 0 && files.length === 0) return null;
  return (
    <section aria-labelledby="sources">
      <Title order={2} fz="md" id="sources" mb="xs">
        <Trans>Files</Trans>
      </Title>
      <Stack gap="xs">
        {files.map((it) => (
          <FileRow key={it.id} campaign={campaign} file={it} />
        ))}
        {uploads.map((it) => (
          <UploadRow key={it.key} upload={it} />
        ))}
      </Stack>
    </section>
  );
}

function Row({ name, children, action }: { name: ReactNode; children: ReactNode; action?: ReactNode }) {
  return (
    <Paper withBorder px="md" py="xs">
      <Group justify="space-between" gap="sm">
        <div style={{ flex: '1 1 200px', minWidth: 0 }}>
          <Text fw={500} className="clip">
            {name}
          </Text>
          <Text size="sm" c="dimmed" component="div">
            {children}
          </Text>
        </div>
        {action}
      </Group>
    </Paper>
  );
}

function FileRow({ campaign, file }: { campaign: string; file: CampaignFile }) {
  const { t, i18n } = useLingui();
  const client = useQueryClient();
  const [, open] = useParam('file', { push: true });
  const { shown } = file;
  if (shown === undefined) return <Row name={file.name ?? t`File`}>…</Row>;
  const date = i18n.date(new Date(shown.created_at), { dateStyle: 'medium', timeStyle: 'short' });
  const name = file.name ?? t`File of ${date}`;
  if (shown.status === 'waiting_for_upload') {
    return (
      <Row
        name={name}
        action={
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              forgetFile(file.id);
              void refreshReceivers(client, campaign);
            }}
          >
            <Trans>Discard</Trans>
          </Button>
        }
      >
        <Trans>The upload was interrupted. Choose the file again.</Trans>
      </Row>
    );
  }
  if (isAtWork(shown.status)) {
    const share = shown.rows_total == null ? 0 : (100 * shown.rows_read) / Math.max(1, shown.rows_total);
    return (
      <Row name={name}>
        <Stack gap={4} role="status">
          {shown.rows_total == null ? (
            <Trans>The file is being checked. You can continue in the meantime.</Trans>
          ) : (
            <Trans>
              <Count value={shown.rows_read} /> of <Count value={shown.rows_total} /> rows have been read. You can
              continue in the meantime.
            </Trans>
          )}
          <Progress value={share} aria-label={t`Rows of ${name}`} animated />
        </Stack>
      </Row>
    );
  }
  const details = (label: string) => (
    <Button size="xs" variant="default" onClick={() => open(file.id)} aria-label={t`${label}: ${name}`}>
      {label}
    </Button>
  );
  if (shown.status === 'refused') {
    return (
      <Row name={name} action={details(t`Details`)}>
        <Group gap={6} wrap="nowrap" style={{ color: 'var(--bad)' }}>
          <Icon name="cross" size={16} />
          {shown.refusal?.detail ?? t`The file could not be read.`}
        </Group>
      </Row>
    );
  }
  const remarks = shown.rows_refused + shown.rows_incomplete + shown.rows_duplicate > 0;
  return (
    <Row name={name} action={details(shown.rows_refused > 0 ? t`Refused rows` : remarks ? t`Remarks` : t`Columns`)}>
      <FileOutcome of={shown} />
    </Row>
  );
}

function UploadRow({ upload }: { upload: Upload }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const { key, campaign, file, options, share, problem } = upload;
  if (problem !== undefined) {
    return (
      <Stack gap={4}>
        <Text fw={500}>{file.name}</Text>
        <ProblemNote
          problem={problem}
          retry={() => {
            removeUpload(key);
            void start(client, campaign, file, options);
          }}
        />
        <Group>
          <Button size="xs" variant="default" onClick={() => removeUpload(key)}>
            <Trans>Discard</Trans>
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Row name={file.name}>
      <Stack gap={4} role="status">
        <span>
          <Trans>
            Uploading <Bytes value={file.size} />. Keep this tab open until it is done; you can continue in the
            meantime.
          </Trans>
        </span>
        <Progress value={100 * share} aria-label={t`Upload of ${file.name}`} animated />
      </Stack>
    </Row>
  );
}
