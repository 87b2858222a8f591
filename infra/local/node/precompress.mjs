// Copies a folder and adds compressed variants of each file: `.br` (RFC 7932) and `.gz` (RFC 1952), where they are smaller by a
// tenth or more. What is compressed already (fonts, most pictures) has none.
//
// node precompress.mjs <from> <to>

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [from, to] = process.argv.slice(2);

// The page is changed when it is served (functions/console/src/page.rs), so it cannot be compressed before.
const CHANGED = "index.html";

const brotli = (content) =>
  brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });

for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  const target = join(to, path.slice(from.length));
  const content = readFileSync(path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  if (target === join(to, CHANGED)) continue;
  for (const [extension, compress] of [
    [".br", brotli],
    [".gz", (content) => gzipSync(content, { level: 9 })],
  ]) {
    const compressed = compress(content);
    if (compressed.length < content.length * 0.9) writeFileSync(target + extension, compressed);
  }
}
