import { useLingui } from '@lingui/react';

/** A whole number, as the person's language writes it. */
export function Count({ value }: { value: number }) {
  const { i18n } = useLingui();
  return <span className="figure">{i18n.number(value)}</span>;
}

/** A share of a total in percent. */
export function Share({ of, total }: { of: number; total: number }) {
  const { i18n } = useLingui();
  const share = total === 0 ? 0 : of / total;
  return (
    <span className="figure">
      {i18n.number(share, { style: 'percent', maximumFractionDigits: share < 0.1 ? 1 : 0 })}
    </span>
  );
}

/** A size in bytes, in the unit that suits it. */
export function Bytes({ value }: { value: number }) {
  const { i18n } = useLingui();
  const [unit, size] =
    value < 1_000 ? ['byte', value] : value < 1_000_000 ? ['kilobyte', value / 1_000] : ['megabyte', value / 1_000_000];
  const style = { style: 'unit', unit, maximumFractionDigits: unit === 'megabyte' ? 1 : 0 } as const;
  return <span className="figure">{i18n.number(size as number, style as Intl.NumberFormatOptions)}</span>;
}
