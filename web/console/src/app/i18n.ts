import { i18n, type Messages } from '@lingui/core';

/** The languages of the console. A new one is a catalog in src/locales and a line here. */
export const locales = { en: 'English', de: 'Deutsch' } as const;

export type Locale = keyof typeof locales;

const STORED = 'carillon.locale';

const catalogs: Record<Locale, () => Promise<{ messages: Messages }>> = {
  en: () => import('../locales/en.po'),
  de: () => import('../locales/de.po'),
};

/** The language chosen earlier in this browser, else the first of the browser's that the console has. */
function preferred(): Locale {
  const wanted = [localStorage.getItem(STORED), ...navigator.languages.map((it) => it.split('-')[0])];
  return wanted.find((it): it is Locale => it != null && it in locales) ?? 'en';
}

export async function loadLocale(locale: Locale = preferred()) {
  const { messages } = await catalogs[locale]();
  // Dates and numbers as in the person's own country: English of Britain has another order of the day and the month.
  const own = navigator.languages.filter((it) => it.split('-')[0] === locale);
  i18n.loadAndActivate({ locale, locales: [...own, locale], messages });
  document.documentElement.lang = locale;
}

export async function chooseLocale(locale: Locale) {
  localStorage.setItem(STORED, locale);
  await loadLocale(locale);
}

export { i18n };
