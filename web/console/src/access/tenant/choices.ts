/** Names of languages, regions, currencies and time zones, from the browser's own data. */
export type Choice = { value: string; label: string };

const LETTERS = Array.from({ length: 26 }, (_, index) => String.fromCharCode(97 + index));
const PAIRS = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
/** Codes of the browser's data that are no country: groups of countries, and codes for tests. */
const NO_COUNTRY = new Set(['EU', 'EZ', 'UN', 'ZZ', 'XA', 'XB', 'QO']);

function named(codes: string[], type: Intl.DisplayNamesType, locale: string): Choice[] {
  const names = new Intl.DisplayNames(locale, { type, fallback: 'none' });
  return codes
    .flatMap((value) => {
      const label = names.of(value);
      return label === undefined ? [] : [{ value, label: `${label} (${value})` }];
    })
    .toSorted((a, b) => a.label.localeCompare(b.label, locale));
}

export function languages(locale: string): Choice[] {
  return named(PAIRS, 'language', locale);
}

export function regions(locale: string): Choice[] {
  const codes = PAIRS.map((it) => it.toUpperCase()).filter((it) => !NO_COUNTRY.has(it));
  return named(codes, 'region', locale);
}

export function currencies(locale: string): Choice[] {
  return named(Intl.supportedValuesOf('currency'), 'currency', locale);
}

export function timeZones(): string[] {
  return [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];
}

/** The choices with one more, if they lack the value: one that was set by other means, or that somebody types. */
export function including(choices: Choice[], value: string): Choice[] {
  return value === '' || choices.some((it) => it.value === value) ? choices : [{ value, label: value }, ...choices];
}

/** A language tag in its usual form, such as `pt-BR`; nothing if it is none. */
export function languageTag(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text.trim())[0];
  } catch {
    return undefined;
  }
}
