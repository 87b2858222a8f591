import { useLingui } from '@lingui/react/macro';
import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';

import { relative } from './relative';

const MINUTE = 60_000;

type Props = {
  at: string;
  exact?: boolean;
  /** Whether the date stands beside it already. */
  beside?: boolean;
};

/** A moment: how long ago or until it, and the exact time with its zone when pointed at or focused. */
export function When({ at, exact = false, beside = false }: Props) {
  const { t, i18n } = useLingui();
  const moment = new Date(at);
  const now = useNow(!exact);
  const full = i18n.date(moment, { dateStyle: 'medium', timeStyle: 'long' });
  if (exact) return <time dateTime={at}>{full}</time>;
  const away = moment.getTime() - now.getTime();
  const near = Math.abs(away) < MINUTE;
  return (
    <Tooltip label={full}>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {near ? (away > 0 ? t`in less than a minute` : t`just now`) : relative(moment, now, i18n.locale, beside)}
      </time>
    </Tooltip>
  );
}

let clock: ReturnType<typeof setInterval> | undefined;
const tickers = new Set<() => void>();

/** The time, told anew each minute by one timer for the whole page. */
function useNow(ticking: boolean): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!ticking) return;
    const tick = () => setNow(new Date());
    tickers.add(tick);
    clock ??= setInterval(() => tickers.forEach((it) => it()), MINUTE);
    return () => {
      tickers.delete(tick);
      if (tickers.size === 0) {
        clearInterval(clock);
        clock = undefined;
      }
    };
  }, [ticking]);
  return now;
}
