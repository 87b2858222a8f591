import type { Schemas } from '../../api';

type Tenant = Schemas['Tenant'];
type Tariff = Schemas['Tariff'];

export type TariffRow = { key: number; channel: Schemas['Channel']; prefix: string; least: string; most: string };

/** The tenant's settings as they are edited: empty is "not set". */
export type Settings = {
  name: string;
  language: string;
  region: string;
  zone: string;
  senderName: string;
  senderAddress: string;
  privacyUrl: string;
  lateness: number | '';
  currency: string;
  tariffs: TariffRow[];
};

let lastKey = 0;

export function newTariff(tariff?: Tariff): TariffRow {
  lastKey += 1;
  return {
    key: lastKey,
    channel: tariff?.channel ?? 'sms',
    prefix: tariff?.prefix ?? '',
    least: tariff?.least ?? '',
    most: tariff?.most ?? '',
  };
}

export function settingsOf(tenant: Tenant): Settings {
  // A sender's name that is the tenant's is its default.
  const senderName = tenant.sender.name === tenant.name ? '' : (tenant.sender.name ?? '');
  return {
    name: tenant.name,
    language: tenant.default_language ?? '',
    region: tenant.default_region ?? '',
    zone: tenant.default_time_zone ?? '',
    senderName,
    senderAddress: tenant.sender.address ?? '',
    privacyUrl: tenant.sender.privacy_url ?? '',
    lateness: tenant.maximum_lateness_minutes,
    currency: tenant.prices?.currency ?? '',
    tariffs: (tenant.prices?.tariffs ?? []).map((it) => newTariff(it)),
  };
}

function senderOf(it: Settings): Schemas['Sender'] | null {
  const sender: Schemas['Sender'] = {};
  if (it.senderName.trim() !== '') sender.name = it.senderName.trim();
  if (it.senderAddress.trim() !== '') sender.address = it.senderAddress.trim();
  if (it.privacyUrl.trim() !== '') sender.privacy_url = it.privacyUrl.trim();
  return Object.keys(sender).length === 0 ? null : sender;
}

function pricesOf(it: Settings): Schemas['PriceList'] | null {
  if (it.currency === '' && it.tariffs.length === 0) return null;
  const tariffs = it.tariffs.map(({ channel, prefix, least, most }) => ({
    channel,
    least: least.trim(),
    ...(prefix.trim() === '' ? {} : { prefix: prefix.trim() }),
    ...(most.trim() === '' ? {} : { most: most.trim() }),
  }));
  return { currency: it.currency, tariffs };
}

/** What has to be sent so that the tenant gets these settings: only what differs, so that nobody else's change is undone. */
export function changesOf(tenant: Tenant, after: Settings): Schemas['ChangeTenant'] {
  const before = settingsOf(tenant);
  const changes: Schemas['ChangeTenant'] = {};
  if (after.name !== before.name) changes.name = after.name;
  if (after.language !== before.language) changes.default_language = after.language || null;
  if (after.region !== before.region) changes.default_region = after.region || null;
  if (after.zone !== before.zone) changes.default_time_zone = after.zone || null;
  if (after.lateness !== before.lateness) {
    changes.maximum_lateness_minutes = after.lateness === '' ? null : after.lateness;
  }
  if (differ(senderOf(before), senderOf(after))) changes.sender = senderOf(after);
  if (differ(pricesOf(before), pricesOf(after))) changes.prices = pricesOf(after);
  return changes;
}

function differ(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) !== JSON.stringify(right);
}
