import { useInfiniteQuery, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';

import { get, list, LIVE, type Rows, rowsOf, type Schemas } from '../api';
import { isShort, useDeliveries } from './DeliveriesGrid';
import { listedDeliveries } from './delivery';

type Channel = Schemas['Channel'];
type Delivery = Schemas['Delivery'];
type Receiver = Schemas['Receiver'];

/** A message to one person. What became of it is not known before the person is opened, if many people match a search. */
export type PersonRow = Omit<Delivery, 'state' | 'attempt'> & Partial<Pick<Delivery, 'state' | 'attempt'>>;

/** Of a long campaign, the API is asked what became of the messages to up to so many people: it takes a request for each. */
const ASKED = 8;

/**
 * The messages to the people of a campaign whose names, addresses or numbers begin with the words. If there is nobody, the
 * words may be a whole address that the search does not know: one that was corrected since, or a national number.
 */
export function useFound(campaign: Schemas['Campaign'], words: string, moving: boolean): Rows<PersonRow> {
  const client = useQueryClient();
  const path = { campaign: campaign.id };
  const search = words.trim();
  const receivers = useInfiniteQuery({
    ...list('/v1/campaigns/{campaign}/receivers', { params: { path, query: { search, limit: 50 } } }),
    enabled: search !== '',
  });
  const people = receivers.data?.pages.flatMap((page) => page.receivers) ?? [];
  const nobody = receivers.isSuccess && !receivers.isPlaceholderData && people.length === 0 && !receivers.hasNextPage;
  const byAddress = (address: string) =>
    get('/v1/campaigns/{campaign}/deliveries', { params: { path, query: { address } } });
  const whole = useQuery({ ...byAddress(search), enabled: nobody && isWhole(search) });
  const short = isShort(campaign);
  useDeliveries(campaign.id, {}, { enabled: short, moving });
  const listed = new Map(listedDeliveries(client, campaign.id).map((it) => [keyOf(it.receiver.id, it.channel), it]));
  const isListed = ({ id }: Receiver) => campaign.channels.every((channel) => listed.has(keyOf(id, channel)));
  const unlisted = people.filter((it) => addressOf(it) !== undefined && !isListed(it));
  const asked = useQueries({
    queries: (short || unlisted.length > ASKED ? [] : unlisted).map((it) => ({
      ...byAddress(addressOf(it) ?? ''),
      refetchInterval: moving ? 4 * LIVE * unlisted.length : (false as const),
    })),
  });
  for (const { data } of asked) {
    for (const it of data?.deliveries ?? []) listed.set(keyOf(it.receiver.id, it.channel), it);
  }
  const rows = rowsOf(receivers, (page) =>
    page.receivers.flatMap((receiver) =>
      campaign.channels.map(
        (channel): PersonRow =>
          listed.get(keyOf(receiver.id, channel)) ?? {
            receiver,
            channel,
            address: channel === 'email' ? receiver.email : channel === 'push' ? undefined : receiver.mobile,
          },
      ),
    ),
  );
  if (!nobody || !isWhole(search)) return rows;
  return { ...rows, rows: whole.isPending ? undefined : (whole.data?.deliveries ?? []) };
}

function keyOf(receiver: string, channel: Channel): string {
  return `${receiver}.${channel}`;
}

function addressOf({ email, mobile }: Receiver): string | undefined {
  return email ?? mobile ?? undefined;
}

/** Whether the words may be a whole address or number, for which there is a search of its own. */
function isWhole(words: string): boolean {
  return /^\S+@\S+\.\S+$/.test(words) || /^\+?[\d\s().\-/]{6,}$/.test(words);
}
