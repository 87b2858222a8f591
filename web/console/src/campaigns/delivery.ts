import { type InfiniteData, keepPreviousData, type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';

import { get, LIVE, type Schemas } from '../api';
import { useDeliveries } from './DeliveriesGrid';

type Channel = Schemas['Channel'];
type Delivery = Schemas['Delivery'];
type Pages = InfiniteData<Schemas['DeliveryList']>;

const LIST = '/v1/campaigns/{campaign}/deliveries';

export type Which = { campaign: string; receiver: string; channel: Channel };

/**
 * One message to one person: from the list that is on the page, or, when the page was opened at this address, by the address
 * that its text was written to. It is read again while it is under way.
 */
export function useDelivery(which: Which, short: boolean) {
  const { campaign, receiver, channel } = which;
  const client = useQueryClient();
  const message = useQuery({
    ...get('/v1/campaigns/{campaign}/deliveries/{receiver}/{channel}/message', { params: { path: which } }),
    // What was rendered for a person changes only if the message is sent again.
    staleTime: 60_000,
  });
  // Somebody who has no address on the channel is found in the list only, which is read in one go if it is short.
  const all = useDeliveries(campaign, {}, { enabled: short && message.data?.to === null });
  // Of several lists that have the row, the one that was read last.
  const listed = listedDeliveries(client, campaign).findLast(
    (it) => it.receiver.id === receiver && it.channel === channel,
  );
  // An address that was corrected is in the message first.
  const address = message.data?.to ?? listed?.address ?? undefined;
  const alone = useQuery({
    ...get(LIST, { params: { path: { campaign }, query: { address: address ?? '', channel } } }),
    enabled: address !== undefined,
    // A row that is listed is shown at once; it is asked for alone to see it change.
    staleTime: 2 * LIVE,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (isUnderWay(find(state.data, receiver)) ? 2 * LIVE : false),
  });
  return {
    delivery: find(alone.data, receiver) ?? listed,
    message,
    problem: alone.error ?? undefined,
    looking: address === undefined ? all.isLoading : alone.isPending,
  };
}

/** The messages of a campaign in all lists that were read, those that were read last at the end. */
export function listedDeliveries(client: QueryClient, campaign: string): Delivery[] {
  return client
    .getQueryCache()
    .findAll({ queryKey: [LIST, 'pages', { params: { path: { campaign } } }] })
    .toSorted((one, other) => one.state.dataUpdatedAt - other.state.dataUpdatedAt)
    .flatMap(({ state }) => (state.data as Pages | undefined)?.pages ?? [])
    .flatMap((page) => page.deliveries);
}

function find(page: Schemas['DeliveryList'] | undefined, receiver: string): Delivery | undefined {
  return page?.deliveries.find((it) => it.receiver.id === receiver);
}

/** Whether more comes of a message by itself. */
export function isUnderWay(delivery: Delivery | undefined): boolean {
  return delivery !== undefined && ['pending', 'claimed', 'retrying'].includes(delivery.state);
}
