import type { Schemas } from '../api';

type Transport = Schemas['Transport'];

export type Trouble =
  | { kind: 'broken'; transport: Transport }
  | { kind: 'not_granted'; transport: Transport }
  | { kind: 'nearly_used'; transport: Transport; used: number; limit: number }
  | { kind: 'switched_off'; transport: Transport };

/** From this share of its limit for a day on, an account is worth a look. */
const NEARLY = 0.8;

/** What is wrong with the accounts that messages are sent through. */
export function troubles(transports: Transport[]): Trouble[] {
  const works = new Set(transports.filter(({ enabled }) => enabled).map(({ channel }) => channel));
  return transports.flatMap((transport): Trouble[] => {
    const { enabled, breaker, channel, limits, not_granted, used_today } = transport;
    // Switched off beside another one that is on, an account was switched off on purpose.
    if (!enabled) return works.has(channel) ? [] : [{ kind: 'switched_off', transport }];
    if (breaker.state !== 'closed') return [{ kind: 'broken', transport }];
    if ((not_granted ?? []).length > 0) return [{ kind: 'not_granted', transport }];
    const limit = limits.per_day ?? 0;
    const used = used_today ?? 0;
    return limit > 0 && used >= NEARLY * limit ? [{ kind: 'nearly_used', transport, used, limit }] : [];
  });
}
