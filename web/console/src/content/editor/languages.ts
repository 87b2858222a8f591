// The languages that Unicode's locale data calls modern, and the regional ones that differ in writing.
const TAGS =
  'af am ar as az be bg bn bs ca cs cy da de de-AT de-CH el en en-GB en-US es es-MX et eu fa fi fil fr fr-CA ga gl gu he hi hr hu hy id is it ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl nn or pa pl ps pt pt-BR ro ru si sk sl so sq sr sv sw ta te th tk tr uk ur uz vi zh zh-Hant zu'.split(
    ' ',
  );

/** The name of a language in the reader's, or its tag if there is none. */
export function languageName(tag: string, locale: string): string {
  try {
    const name = new Intl.DisplayNames(locale, { type: 'language' }).of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
  } catch {
    return tag;
  }
}

/** Languages to choose from, by name. */
export function languages(locale: string): { value: string; label: string }[] {
  return TAGS.map((tag) => ({ value: tag, label: languageName(tag, locale) })).toSorted((a, b) =>
    a.label.localeCompare(b.label, locale),
  );
}
