/** The countries and territories of the world, in the person's language: what the browser knows by name. */
export function regions(locale: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' });
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCodePoint(65 + index));
  return letters
    .flatMap((first) => letters.map((second) => first + second))
    .map((value) => ({ value, label: names.of(value) }))
    .filter((it): it is { value: string; label: string } => it.label !== undefined && !notCountries.has(it.value))
    .toSorted((one, other) => one.label.localeCompare(other.label, locale));
}

/** Codes that have a name and no phone numbers: unions, former countries, reserved and made-up ones. */
const notCountries = new Set(
  'AN AQ BU BV CP CS CQ DD DG EA EU EZ FX GS HM IC NT QO SU TF TP UM UN XA XB YD YU ZR ZZ NH HV DY RH VD'.split(' '),
);
