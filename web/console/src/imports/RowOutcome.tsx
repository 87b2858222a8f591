import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';

import { get, type Schemas } from '../api';
import { CampaignLink } from '../operations/CampaignLink';
import { workStatuses } from '../operations/words';
import { FileOutcome } from '../receivers/FileOutcome';
import { isAtWork } from '../receivers/useImports';
import { Status, Text } from '../ui';

/** The import of a row, which is read when the row is drawn. One that has ended never changes. */
function useImport(work: Schemas['Job']) {
  return useQuery({
    ...get('/v1/imports/{import}', { params: { path: { import: work.import ?? '' }, query: { limit: 1 } } }),
    enabled: work.import != null && work.status !== 'running',
    staleTime: ({ state }) => (state.data !== undefined && !isAtWork(state.data.status) ? Infinity : 0),
  }).data;
}

/** How many were added and refused. */
export function RowOutcome({ work }: { work: Schemas['Job'] }) {
  const shown = useImport(work);
  if (shown === undefined) return null;
  if (shown.refusal != null) {
    return (
      <Text size="sm" c="dimmed" lineClamp={4} dir="auto">
        {shown.refusal.detail}
      </Text>
    );
  }
  return (
    <Text size="sm" c="dimmed" className="figure">
      <FileOutcome of={shown} />
    </Text>
  );
}

/** The campaign that the people were added to. */
export function RowCampaign({
  work,
  campaigns,
}: {
  work: Schemas['Job'];
  campaigns: Schemas['CampaignSummary'][] | undefined;
}) {
  const campaign = useImport(work)?.campaign;
  return campaign == null ? null : <CampaignLink id={campaign} campaigns={campaigns} />;
}

/** Where the file is; work that is done may have refused it as a whole. */
export function RowStatus({ work }: { work: Schemas['Job'] }) {
  const { t, i18n } = useLingui();
  const refused = useImport(work)?.status === 'refused';
  const { title, tone, icon } = workStatuses[work.status];
  return refused ? (
    <Status tone="bad">{t`Refused`}</Status>
  ) : (
    <Status tone={tone} icon={icon}>
      {i18n._(title)}
    </Status>
  );
}
