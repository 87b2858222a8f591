import { Trans } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { TextLink } from '../ui';

type Props = { id: string; campaigns: Schemas['CampaignSummary'][] | undefined };

/** A campaign by its name, if it is one of those that were read. */
export function CampaignLink({ id, campaigns }: Props) {
  const campaign = campaigns?.find((it) => it.id === id);
  const to = campaign?.status === 'draft' ? `/compose/${id}` : `/campaigns/${id}`;
  return (
    <TextLink to={to} className="clip" maw={220}>
      {campaign?.name ?? <Trans>Open the campaign</Trans>}
    </TextLink>
  );
}
