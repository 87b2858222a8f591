import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';

import { get, LIVE, type Schemas } from '../api';
import { FileDetails } from '../receivers/FileDrawer';
import { fileName } from '../receivers/knownFiles';
import { isAtWork } from '../receivers/useImports';
import { Banner, Bytes, Page, Progress, Section, Stack, Text, TextLink, When, Pending } from '../ui';
import { ImportFigures } from './ImportFigures';

type Shown = Schemas['ShownImport'];

/** A file of receivers: how far it is, what was added, how its columns were understood, and which rows were refused. */
export function ImportPage() {
  const { t, i18n } = useLingui();
  const { import: id = '' } = useParams();
  const query = useQuery({
    ...get('/v1/imports/{import}', { params: { path: { import: id }, query: { limit: 1 } } }),
    refetchInterval: ({ state }) => (state.data !== undefined && isAtWork(state.data.status) ? LIVE : false),
  });
  const shown = query.data;
  const date =
    shown === undefined ? '' : i18n.date(new Date(shown.created_at), { dateStyle: 'medium', timeStyle: 'short' });
  const name = fileName(id);
  return (
    <Page
      title={name ?? (date === '' ? t`File` : t`File of ${date}`)}
      back={{ to: '/imports', title: t`Imports` }}
      about={shown !== undefined && <About shown={shown} />}
    >
      {shown === undefined ? (
        <Pending query={query} rows={6} />
      ) : (
        <>
          <State shown={shown} />
          <ImportFigures shown={shown} />
          {/* What was understood and refused is read again once the file has been read to its end. */}
          {shown.columns.length > 0 && (
            <Section title={t`Contents of the file`}>
              <FileDetails key={shown.status} file={{ id, name, shown }} />
            </Section>
          )}
        </>
      )}
    </Page>
  );
}

function About({ shown }: { shown: Shown }) {
  const campaign = useQuery({
    ...get('/v1/campaigns/{campaign}', { params: { path: { campaign: shown.campaign ?? '' } } }),
    enabled: shown.campaign != null,
  });
  const to =
    campaign.data?.status === 'draft' ? `/compose/${shown.campaign}/receivers` : `/campaigns/${shown.campaign}`;
  return (
    <>
      <When at={shown.created_at} />
      {shown.bytes != null && (
        <>
          {' · '}
          <Bytes value={shown.bytes} />
        </>
      )}
      {campaign.data !== undefined && (
        <>
          {' · '}
          <TextLink to={to} underline="always">
            {campaign.data.name}
          </TextLink>
        </>
      )}
    </>
  );
}

/** Where the file is on its way. */
function State({ shown }: { shown: Shown }) {
  const { t } = useLingui();
  switch (shown.status) {
    case 'waiting_for_upload':
      return (
        <Banner tone="warn" title={t`The file has not arrived yet`}>
          <Trans>
            It is being uploaded in another tab, or the upload was interrupted. If it was interrupted, import the file
            again under{' '}
            <TextLink
              to={shown.campaign == null ? '/imports' : `/imports?campaign=${shown.campaign}`}
              underline="always"
            >
              Imports
            </TextLink>
            .
          </Trans>
        </Banner>
      );
    case 'uploaded':
    case 'queued':
    case 'checking':
    case 'loading':
      return (
        <Banner
          tone="busy"
          icon="clock"
          title={shown.status === 'loading' ? t`People are being added` : t`The file is being checked`}
        >
          <Stack gap={4} role="status">
            {shown.rows_total != null && (
              <Progress
                value={(100 * shown.rows_read) / Math.max(1, shown.rows_total)}
                animated
                aria-label={t`Rows read`}
              />
            )}
            <Text size="sm">
              <Trans>You can leave this page in the meantime.</Trans>
            </Text>
          </Stack>
        </Banner>
      );
    case 'refused':
      return (
        <Banner tone="bad" title={t`The file was refused and nobody was added`}>
          <span dir="auto">{shown.refusal?.detail}</span>
        </Banner>
      );
    case 'completed':
      return shown.rows_refused > 0 ? (
        <Banner tone="warn" title={t`The file has been imported, but not all of its rows`}>
          <Trans>The refused rows are listed below with the reasons. Correct them, and import the file again.</Trans>
        </Banner>
      ) : (
        <Banner tone="ok" title={t`The file has been imported`} />
      );
  }
}
