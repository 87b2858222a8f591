import type { Schemas } from '../../api';
import type { Vendor } from '../vendors';
import { placesOf } from './layout';

/** What is entered, by the place of each field in the body of the request. */
export type Values = Record<string, string>;

/** What an account has already. Credentials are never returned. */
export function valuesOf(transport: Schemas['Transport']): Values {
  const settings = Object.entries(transport.settings ?? {}).map(([name, value]) => [`settings.${name}`, value]);
  return {
    from: transport.from ?? '',
    from_name: transport.from_name ?? '',
    sender_id: transport.sender_id ?? '',
    ...(Object.fromEntries(settings) as Values),
  };
}

/** The body that sets the account up. Empty fields are left out; without new credentials, those that are there stay. */
export function bodyOf(vendor: Vendor, values: Values, newCredentials: boolean): Schemas['SetTransport'] {
  const body: Schemas['SetTransport'] = { vendor: vendor.id };
  const settings: Record<string, string> = {};
  const credentials: Record<string, string> = {};
  const places = placesOf(vendor);
  for (const [place, value] of Object.entries(values)) {
    const known = places.some((it) =>
      it.field.input === 'named' ? place.startsWith(it.place) && place !== it.place : it.place === place,
    );
    if (!known || value === '') continue;
    if (place.startsWith('settings.')) settings[place.slice('settings.'.length)] = value;
    else if (place.startsWith('credentials.')) credentials[place.slice('credentials.'.length)] = value;
    else if (place === 'from' || place === 'from_name' || place === 'sender_id') body[place] = value;
  }
  if (Object.keys(settings).length > 0) body.settings = settings;
  if (newCredentials && vendor.credentials.length > 0) body.credentials = credentials;
  return body;
}
