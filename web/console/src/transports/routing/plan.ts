import type { Schemas } from '../../api';

/** An account of a route as it is edited: everything is text until it is saved. */
export type Leg = { key: number; transport: string; weight: string; price: string };

/** A route as it is edited. */
export type Plan = {
  key: number;
  /** `null` for everybody whom no other route covers. */
  prefix: string | null;
  /** Whether each account gets its share of the messages, instead of the first that works getting all. */
  shares: boolean;
  legs: Leg[];
};

/** The channels whose addresses are numbers, which routes can tell apart by their beginning. */
export const byPrefix: Record<Schemas['Channel'], boolean> = { email: false, sms: true, whatsapp: true, push: false };

let lastKey = 0;

/** Rows keep their identity while they are moved. */
export function nextKey(): number {
  lastKey += 1;
  return lastKey;
}

export function newLeg(transport: string): Leg {
  return { key: nextKey(), transport, weight: '', price: '' };
}

export function plansOf(routes: Schemas['Route'][]): Plan[] {
  return routes.map(({ prefix, transports }) => ({
    key: nextKey(),
    prefix: prefix ?? null,
    shares: transports.some((it) => it.weight != null),
    legs: transports.map((it) => ({
      key: nextKey(),
      transport: it.transport,
      weight: it.weight == null ? '' : String(it.weight),
      price: it.price ?? '',
    })),
  }));
}

export function bodyOf(plans: Plan[]): Schemas['SetRoutes'] {
  return {
    routes: plans.map(({ prefix, shares, legs }) => ({
      ...(prefix === null ? {} : { prefix: prefix.trim() }),
      transports: legs.map(({ transport, weight, price }) => ({
        transport,
        // An empty or wrong share is sent as zero, which the API refuses at its field.
        ...(shares ? { weight: Number.isInteger(Number(weight)) ? Number(weight) : 0 } : {}),
        ...(price.trim() === '' ? {} : { price: price.trim() }),
      })),
    })),
  };
}

/** The list with an element moved by one place; unchanged at its ends. */
export function moved<T>(list: T[], from: number, by: -1 | 1): T[] {
  const to = from + by;
  const element = list[from];
  if (element === undefined || to < 0 || to >= list.length) return list;
  const after = list.filter((_, index) => index !== from);
  after.splice(to, 0, element);
  return after;
}

/** Whether two edited lists of routes say the same. */
export function same(left: Plan[], right: Plan[]): boolean {
  return JSON.stringify(bodyOf(left)) === JSON.stringify(bodyOf(right));
}
