// The languages that Unicode's locale data calls modern, and the regional ones that differ in writing.
const TAGS =
  'af am ar as az be bg bn bs ca cs cy da de de-AT de-CH el en en-GB en-US es es-MX et eu fa fi fil fr fr-CA ga gl gu he hi hr hu hy id is it ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl nn or pa pl ps pt pt-BR ro ru si sk sl so sq sr sv sw ta te th tk tr uk ur uz vi zh zh-Hant zu'.split(
    ' ',
  );

// Both are slow to make, and are needed while one types.
const names = new Map<string, Intl.DisplayNames>();
const lists = new Map<string, { value: string; label: string }[]>();

/** The name of a language in the reader's, or its tag if there is none. */
export function languageName(tag: string, locale: string): string {
  let own = names.get(locale);
  if (own === undefined) names.set(locale, (own = new Intl.DisplayNames(locale, { type: 'language' })));
  try {
    const name = own.of(tag) ?? tag;
    return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
  } catch {
    // Not a tag that the browser can read.
    return tag;
  }
}

/** Languages to choose from, by name. */
export function languages(locale: string): { value: string; label: string }[] {
  let list = lists.get(locale);
  if (list === undefined) {
    const { compare } = new Intl.Collator(locale);
    list = TAGS.map((tag) => ({ value: tag, label: languageName(tag, locale) })).toSorted((a, b) =>
      compare(a.label, b.label),
    );
    lists.set(locale, list);
  }
  return list;
}
