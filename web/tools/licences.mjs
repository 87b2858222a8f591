// Fails if a package of the lock file has a licence that is not on the list.
import { readFileSync } from 'node:fs';

const accepted = new Set([
    '0BSD',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    'CC-BY-4.0',
    'CC0-1.0',
    'ISC',
    'MIT',
    'MIT-0',
    'MPL-2.0',
    'Python-2.0',
    'Unlicense',
    'Zlib',
]);
/** Packages whose package.json names no licence; their files do. */
const known = new Map([]);

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const refused = Object.entries(lock.packages)
    .filter(([path, it]) => path.startsWith('node_modules/') && !it.link)
    .map(([path, it]) => [path.replace(/^.*node_modules\//, ''), it.license ?? known.get(path) ?? 'none'])
    .filter(
        ([, licence]) =>
            !licence
                .replace(/[()]/g, '')
                .split(' OR ')
                .some((one) => one.split(' AND ').every((it) => accepted.has(it))),
    );
for (const [name, licence] of refused) console.error(`${name}: the licence ${licence} is not accepted`);
if (refused.length > 0) process.exit(1);
