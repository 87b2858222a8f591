// Adds up the compressed JavaScript that the browser loads before the first page, and fails if it is more than the budget.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const budget = 260 * 1024;
const dist = new URL('../dist/', import.meta.url);
const page = readFileSync(new URL('index.html', dist), 'utf8');
const scripts = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path);
const bytes = scripts
    .map((path) => gzipSync(readFileSync(new URL(path, dist)), { level: 9 }).length)
    .reduce((sum, size) => sum + size, 0);
console.log(`${(bytes / 1024).toFixed(0)} KB of compressed JavaScript before the first page, of ${budget / 1024} KB`);
if (scripts.length === 0 || bytes > budget) process.exit(1);
