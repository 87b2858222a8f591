import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';

import { list, LIVE, type Rows, type Schemas } from '../api';
import { type Column, DataTable, Text, TextLink, When } from '../ui';
import type { PersonRow } from './found';
import { ChannelMark, FateMark, StateMark } from './Marks';
import { figuresOf } from './totals';

export type DeliveryFilter = {
  state?: Schemas['DeliveryState'];
  channel?: Schemas['Channel'];
  reason?: string;
  fate?: Schemas['DeliveryStatus'];
};

type Row = PersonRow;

/** Lists of up to this many pages are read again by themselves; longer ones would take a request for each page. */
const REREAD = 2;

/** A page of the list of messages. */
const PAGE = 200;

/** Whether all messages of a campaign come in one request. */
export function isShort({ totals }: Schemas['Campaign']): boolean {
  return figuresOf(totals).total <= PAGE;
}

/** The query of a campaign's messages, page by page. */
export function useDeliveries(campaign: string, filter: DeliveryFilter, { enabled = true, moving = false } = {}) {
  return useInfiniteQuery({
    ...list('/v1/campaigns/{campaign}/deliveries', {
      params: { path: { campaign }, query: { ...filter, limit: PAGE } },
    }),
    enabled,
    refetchOnWindowFocus: ({ state }) => (state.data?.pages.length ?? 0) <= REREAD,
    refetchOnMount: ({ state }) => (state.data?.pages.length ?? 0) <= REREAD,
    refetchInterval: ({ state }) => (moving && (state.data?.pages.length ?? 0) <= REREAD ? 4 * LIVE : false),
  });
}

type Props = {
  rows: Rows<Row>;
  /** Whether the campaign has more than one channel. */
  channels: boolean;
  /** Shown if there are none. */
  empty: ReactNode;
};

/** Who was to get a campaign, on which channel, and what became of it. */
export function DeliveriesGrid({ rows, channels, empty }: Props) {
  const { t } = useLingui();
  const columns: Column<Row>[] = [
    { id: 'person', title: t`Person`, cell: (row) => <PersonLink row={row} /> },
    {
      id: 'address',
      title: t`Address`,
      phone: 'below',
      cell: (row) =>
        row.address == null ? (
          '–'
        ) : (
          <bdi className="line" title={row.address}>
            {row.address}
          </bdi>
        ),
    },
    ...(channels
      ? [
          {
            id: 'channel',
            title: t`Channel`,
            tight: true,
            phone: 'below' as const,
            cell: (row: Row) => <ChannelMark channel={row.channel} />,
          },
        ]
      : []),
    {
      id: 'state',
      title: t`Status`,
      tight: true,
      cell: (row) =>
        row.state === undefined ? (
          <Text component="span" size="sm" c="dimmed">
            <Trans>Open to see</Trans>
          </Text>
        ) : (
          <StateMark state={row.state} />
        ),
    },
    {
      id: 'fate',
      title: t`Outcome`,
      tight: true,
      phone: 'below',
      cell: (row) => (row.fate == null ? null : <FateMark fate={row.fate} />),
    },
    {
      id: 'reason',
      title: t`Reason`,
      phone: 'below',
      cell: (row) =>
        row.reason == null ? null : (
          <Text component="span" size="sm" className="clip" style={{ WebkitLineClamp: 6 }} title={row.reason.text}>
            {row.reason.text}
          </Text>
        ),
    },
    {
      id: 'when',
      title: t`When`,
      tight: true,
      phone: 'hidden',
      cell: (row) => <Moment row={row} />,
    },
  ];
  return (
    <DataTable
      caption={t`People and the outcome of their messages`}
      columns={columns}
      rows={rows}
      rowKey={(row) => `${row.receiver.id}.${row.channel}`}
      empty={empty}
    />
  );
}

/** The name of a person; it opens what became of their message. */
function PersonLink({ row }: { row: Row }) {
  const [params] = useSearchParams();
  const query = new URLSearchParams(params);
  query.set('delivery', `${row.receiver.id}.${row.channel}`);
  return (
    <TextLink to={{ search: query.toString() }} fw={500} className="clip" miw={120}>
      <PersonName receiver={row.receiver} />
    </TextLink>
  );
}

/** A person's name as it was given. */
export function PersonName({ receiver }: { receiver: Schemas['DeliveryReceiver'] }) {
  const name = [receiver.first_name, receiver.last_name].filter((it) => it != null && it !== '').join(' ');
  return name === '' ? <Trans>No name</Trans> : <bdi>{name}</bdi>;
}

/** The latest that is known about a message, or when it is tried again. */
function Moment({ row }: { row: Row }) {
  if (row.state === 'retrying' && row.retry_at != null) {
    return (
      <Trans>
        again <When at={row.retry_at} />
      </Trans>
    );
  }
  const at = row.fate_at ?? row.changed_at;
  return at == null ? null : <When at={at} />;
}
