// Fails if the catalogs are not what `npm run messages` would write, or if a message has no translation.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const locales = ['en', 'de'];
const file = (locale) => new URL(`../src/locales/${locale}.po`, import.meta.url);
const read = (locale) => readFileSync(file(locale), 'utf8');
const withoutDate = (text) => text.replace(/^"POT-Creation-Date:.*\n/m, '');

const before = locales.map(read);
execFileSync('npx', ['lingui', 'extract', '--clean'], { stdio: 'pipe' });
const after = locales.map(read);
locales.forEach((locale, index) => writeFileSync(file(locale), before[index]));

const stale = locales.filter((_, index) => withoutDate(before[index]) !== withoutDate(after[index]));
const untranslated = [...read('de').matchAll(/^msgid ((?:".*"\n)+)msgstr ""\n(?!")/gm)]
    .map(([, id]) => id.trim())
    .filter((id) => id !== '""');
if (stale.length > 0) console.error(`Stale catalogs: ${stale.join(', ')}. Run npm run messages.`);
for (const id of untranslated) console.error(`No German translation: ${id}`);
if (stale.length > 0 || untranslated.length > 0) process.exit(1);
