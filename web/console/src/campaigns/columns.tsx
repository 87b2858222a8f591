import { useLingui } from '@lingui/react/macro';

import type { Schemas } from '../api';
import type { Column } from '../ui';
import { CampaignMark, ChannelNames } from './Marks';

type Columns = Record<'status' | 'channels', Column<Schemas['CampaignSummary']>>;

/** Columns that lists of campaigns share. */
export function useCampaignColumns(): Columns {
  const { t } = useLingui();
  return {
    status: {
      id: 'status',
      title: t`Status`,
      tight: true,
      phone: 'below',
      cell: (row) => <CampaignMark status={row.status} />,
    },
    channels: {
      id: 'channels',
      title: t`Channels`,
      phone: 'below',
      cell: (row) => <ChannelNames of={row.channels} />,
    },
  };
}
