/** A language in the words of the person's own, for example "German" for `de`. */
export function languageName(locale: string, tag: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: 'language' }).of(tag) ?? tag;
  } catch {
    // Not a tag that the browser can read.
    return tag;
  }
}
