import { useLingui } from '@lingui/react';
import { Trans } from '@lingui/react/macro';
import type { I18n } from '@lingui/core';

import type { Schemas } from '../../api';

type Cost = Schemas['Cost'];

/** "about £25–32", in the person's way to write amounts. */
export function costText(i18n: I18n, { currency, least, most }: Cost): string {
  const [from, to] = [Number(least), Number(most)];
  const format = (maximumFractionDigits: number) =>
    new Intl.NumberFormat(i18n.locale, { style: 'currency', currency, maximumFractionDigits });
  // Whole amounts are enough above a hundred.
  const digits = to >= 100 ? format(0) : format(2);
  return from === to ? digits.format(to) : digits.formatRange(from, to);
}

export function CostRange({ cost }: { cost: Cost }) {
  const { i18n } = useLingui();
  const amount = costText(i18n, cost);
  return (
    <span className="figure">
      <Trans>about {amount}</Trans>
    </span>
  );
}
