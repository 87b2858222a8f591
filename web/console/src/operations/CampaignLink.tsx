import { Trans } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { TextLink } from '../ui';

type Props = { id: string; campaigns: Schemas['CampaignSummary'][] | undefined };

/** A campaign by its name, if it is one of those that were read. */
export function CampaignLink({ id, campaigns }: Props) {
  const name = campaigns?.find((it) => it.id === id)?.name;
  return (
    <TextLink to={`/campaigns/${id}`} className="clip">
      {name ?? <Trans>Open the campaign</Trans>}
    </TextLink>
  );
}
