import { Trans, useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import { EmptyState } from '../ui';
import { DeliveriesGrid } from './DeliveriesGrid';
import { useFound } from './found';

type Props = { campaign: Schemas['Campaign']; words: string; moving: boolean };

/** The people of a campaign whom a search finds, with their messages. */
export function FoundPeople({ campaign, words, moving }: Props) {
  const { t } = useLingui();
  return (
    <DeliveriesGrid
      rows={useFound(campaign, words, moving)}
      channels={campaign.channels.length > 1}
      empty={
        <EmptyState icon="search" title={t`Nobody found in this campaign`}>
          <Trans>
            The search looks for the beginning of first and last names, email addresses, and phone numbers with their
            country code, for example +44 7400.
          </Trans>
        </EmptyState>
      }
    />
  );
}
