import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get } from '../api';
import { FromFile } from '../receivers/add/FromFile';
import { filesOf } from '../receivers/knownFiles';
import { SourceRows } from '../receivers/SourceRows';
import { ButtonLink, Group, Loading, ProblemNote, Section, Select, Stack, Text, TextLink, useParam } from '../ui';

/** Loads a file into a draft. */
export function NewImport() {
  const { t } = useLingui();
  const [campaign, setCampaign] = useParam('campaign');
  const drafts = useQuery(get('/v1/campaigns', { params: { query: { status: 'draft', limit: 200 } } }));
  const all = drafts.data?.campaigns;
  const chosen = all?.find((it) => it.id === campaign);
  return (
    <Section title={t`Load a file`}>
      {all === undefined ? (
        drafts.error === null ? (
          <Loading rows={1} />
        ) : (
          <ProblemNote problem={drafts.error} retry={() => void drafts.refetch()} />
        )
      ) : all.length === 0 ? (
        <Group justify="space-between">
          <Text c="dimmed">
            <Trans>There is no draft to load people into. Begin a campaign first.</Trans>
          </Text>
          <ButtonLink to="/compose" size="xs">
            <Trans>Compose</Trans>
          </ButtonLink>
        </Group>
      ) : (
        <Stack>
          <Select
            label={t`Into which draft`}
            description={t`Its receivers are added to those that it has.`}
            placeholder={t`Choose a draft`}
            data={all.map((it) => ({ value: it.id, label: it.name }))}
            value={chosen?.id ?? null}
            onChange={(value) => setCampaign(value ?? '')}
            renderOption={({ option }) => <span className="clip">{option.label}</span>}
            searchable
            openOnFocus={false}
            limit={60}
            nothingFoundMessage={t`No draft has this name`}
            maw={480}
          />
          {chosen !== undefined && (
            <>
              <FromFile
                key={chosen.id}
                campaign={chosen.id}
                again={filesOf(chosen.id).length > 0}
                onStarted={() => undefined}
              />
              <SourceRows campaign={chosen.id} files={[]} />
              <Text size="sm" c="dimmed">
                <Trans>
                  Once it is read, see who was added in the draft’s{' '}
                  <TextLink to={`/compose/${chosen.id}/receivers`}>receivers</TextLink>.
                </Trans>
              </Text>
            </>
          )}
        </Stack>
      )}
    </Section>
  );
}
