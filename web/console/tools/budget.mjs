// Adds up the compressed JavaScript that the browser loads until the home page can be used, and fails if it is more than the
// budget: the scripts of the page, one catalog of texts, the home page, and what these import.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const budget = 260 * 1024;
const dist = new URL('../dist/', import.meta.url);
const page = readFileSync(new URL('index.html', dist), 'utf8');
const files = readdirSync(new URL('assets/', dist)).filter((it) => it.endsWith('.js'));
const code = new Map(files.map((it) => [it, readFileSync(new URL(`assets/${it}`, dist))]));
const named = (name) => files.filter((it) => it.startsWith(`${name}-`));

const loaded = new Set();
function load(file) {
    if (loaded.has(file) || !code.has(file)) return;
    loaded.add(file);
    const text = code.get(file).toString();
    for (const [, imported] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) load(imported);
}

[...page.matchAll(/(?:src|href)="\.\/assets\/([^"]+\.js)"/g)].forEach(([, file]) => load(file));
for (const name of ['HomePage', 'de']) {
    if (named(name).length !== 1) throw new Error(`there is not one file ${name}`);
    named(name).forEach(load);
}
const sizes = [...loaded].map((file) => [file, gzipSync(code.get(file), { level: 9 }).length]);
const bytes = sizes.reduce((sum, [, size]) => sum + size, 0);
for (const [file, size] of sizes.toSorted(([, one], [, other]) => other - one))
    console.log(`${(size / 1024).toFixed(1).padStart(7)} KB ${file}`);
console.log(
    `${(bytes / 1024).toFixed(1).padStart(7)} KB of compressed JavaScript before the first page, of ${budget / 1024} KB`,
);
if (bytes > budget) process.exit(1);
