import { Trans, useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { get } from '../api';
import { FromFile } from '../receivers/add/FromFile';
import { filesOf } from '../receivers/knownFiles';
import { SourceRows } from '../receivers/SourceRows';
import { ButtonLink, Group, Section, Select, Stack, Text, TextLink, useDebouncedValue, useParam, Pending } from '../ui';

/** Loads a file into a draft. */
export function NewImport() {
  const { t } = useLingui();
  const [campaign, setCampaign] = useParam('campaign');
  const [typed, setTyped] = useState('');
  const [words] = useDebouncedValue(typed.trim(), 250);
  const chosen = useQuery({
    ...get('/v1/campaigns/{campaign}', { params: { path: { campaign } } }),
    enabled: campaign !== '',
  }).data;
  // What stands in the field is the name of the chosen draft until somebody types.
  const name = words === '' || words === chosen?.name ? undefined : words;
  const drafts = useQuery({
    ...get('/v1/campaigns', { params: { query: { status: 'draft', name, limit: 100 } } }),
    placeholderData: keepPreviousData,
  });
  const all = drafts.data?.campaigns;
  const choices = [...(chosen === undefined ? [] : [chosen]), ...(all ?? []).filter((it) => it.id !== chosen?.id)];
  return (
    <Section title={t`Import a file`}>
      {all === undefined ? (
        <Pending query={drafts} rows={1} />
      ) : choices.length === 0 && name === undefined ? (
        <Group justify="space-between">
          <Text c="dimmed">
            <Trans>There is no draft to import people into. Compose a campaign first.</Trans>
          </Text>
          <ButtonLink to="/compose" size="xs">
            <Trans>Compose</Trans>
          </ButtonLink>
        </Group>
      ) : (
        <Stack>
          <Select
            label={t`Import into the draft`}
            description={t`The people in the file are added to those already in the draft.`}
            placeholder={t`Choose a draft`}
            data={choices.map((it) => ({ value: it.id, label: it.name }))}
            value={chosen?.id ?? null}
            onChange={(value) => setCampaign(value ?? '')}
            renderOption={({ option }) => <span className="clip">{option.label}</span>}
            searchable
            onSearchChange={setTyped}
            openOnFocus={false}
            limit={60}
            nothingFoundMessage={t`No draft matches this name`}
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
                  Once it has been read, see who was added under the draft’s{' '}
                  <TextLink to={`/compose/${chosen.id}/receivers`} underline="always">
                    receivers
                  </TextLink>
                  .
                </Trans>
              </Text>
            </>
          )}
        </Stack>
      )}
    </Section>
  );
}
