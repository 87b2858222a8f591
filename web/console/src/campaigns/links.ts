import type { Schemas } from '../api';

type Filter = {
  state?: Schemas['DeliveryState'];
  fate?: Schemas['DeliveryStatus'];
  channel?: Schemas['Channel'];
  reason?: string;
};

/** The address of the people of a campaign whose messages match. */
export function peopleOf(campaign: string, filter: Filter): string {
  const query = new URLSearchParams({ tab: 'people', ...filter });
  return `/campaigns/${campaign}?${query.toString()}`;
}
