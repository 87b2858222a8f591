import type { Schemas } from '../../api';

/** Something that can be written as `{{path}}`. */
export type Placeholder = { path: string; description?: string | undefined; sample?: string | undefined };

/** What every message knows without anybody declaring it (docs/content.md). */
const builtIn: Placeholder[] = [
  { path: 'member.first_name', sample: 'Alex' },
  { path: 'member.last_name', sample: 'Example' },
  { path: 'member.email', sample: 'alex@example.com' },
  { path: 'member.mobile', sample: '+442079460000' },
  { path: 'member.language' },
  { path: 'member.time_zone' },
  { path: 'campaign.name' },
  { path: 'sender.name' },
  { path: 'sender.address' },
  { path: 'sender.privacy_url' },
  { path: 'unsubscribe_url' },
];

/** The four that people need most. Those that are not built in are declared with these samples when they are used. */
export const quick: Placeholder[] = [
  { path: 'member.first_name' },
  { path: 'member.last_name' },
  { path: 'location.name', sample: 'Riverside' },
  { path: 'account.account_name', sample: 'Mill Lane 4' },
];

const HELPERS = new Set(
  'if unless each with else default date time datetime number currency css url link link_host link_part this'.split(
    ' ',
  ),
);

/** Everything that can be completed in a document with these variables. */
export function placeholdersOf(variables: Schemas['Variable'][]): Placeholder[] {
  const declared = variables
    .filter((it) => it.path !== '')
    .map((it) => ({ path: it.path, description: it.description ?? undefined, sample: shownValue(it.sample) }));
  const taken = new Set(declared.map((it) => it.path));
  return [...declared, ...builtIn.filter((it) => !taken.has(it.path))];
}

/** A sample or default as a person reads it. */
export function shownValue(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The paths that a text asks for at its top level: names within `each` and `with` belong to the entries of a list. */
export function pathsIn(text: string): string[] {
  const found = new Set<string>();
  let inner = 0;
  for (const [, inside = ''] of text.matchAll(/\{\{([^{}]*)\}\}/g)) {
    const tag = inside.trim();
    if (/^\/(each|with)\b/.test(tag)) inner = Math.max(0, inner - 1);
    if (tag.startsWith('/') || tag.startsWith('!')) continue;
    if (inner === 0) {
      const tokens = tag
        .replace(/"[^"]*"|'[^']*'/g, ' 0 ')
        .replace(/[#^()]/g, ' ')
        .replace(/\w+=/g, ' ')
        .split(/\s+/)
        .filter((it) => it !== '');
      for (const token of tokens) {
        if (/^[A-Za-z_]\w*(\.\w+)*$/.test(token) && !HELPERS.has(token) && !/^(true|false|null)$/.test(token)) {
          found.add(token);
        }
      }
    }
    if (/^#\s*(each|with)\b/.test(tag)) inner += 1;
  }
  return [...found];
}

export type Unknown = { path: string; nearest?: string | undefined };

/** The paths of a text that nobody has declared, with the name that was probably meant. */
export function unknownIn(text: string, known: Placeholder[]): Unknown[] {
  const paths = known.map((it) => it.path);
  return pathsIn(text)
    .map((path) => path.replace(/^receiver\./, 'member.'))
    .filter((path) => !paths.some((it) => it === path || path.startsWith(`${it}.`) || it.startsWith(`${path}.`)))
    .map((path) => ({ path, nearest: nearest(path, paths) }));
}

function nearest(path: string, paths: string[]): string | undefined {
  const most = Math.max(2, Math.floor(path.length / 4));
  let best: { path: string; distance: number } | undefined;
  for (const it of paths) {
    const d = distance(path.toLowerCase(), it.toLowerCase());
    if (d <= most && (best === undefined || d < best.distance)) best = { path: it, distance: d };
  }
  return best?.path;
}

/** How many letters differ (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** A placeholder that is being written at the cursor: where it begins, and the letters so far. */
export function beingTyped(text: string, cursor: number): { start: number; typed: string } | undefined {
  const before = text.slice(0, cursor);
  const open = before.lastIndexOf('{{');
  if (open < 0) return undefined;
  const inside = before.slice(open + 2);
  const match = /^(#(?:if|unless|each|with)\s+|(?:[a-z_]+)\s+)?([\w.]*)$/.exec(inside);
  if (match === null) return undefined;
  // A word before the path is a helper, such as `date`.
  if (match[1] !== undefined && !match[1].startsWith('#') && !HELPERS.has(match[1].trim())) return undefined;
  const typed = match[2] ?? '';
  return { start: cursor - typed.length, typed };
}

/** Puts a chosen path in the place of the letters typed, and closes the placeholder unless it is closed. */
export function complete(text: string, cursor: number, start: number, path: string): { text: string; cursor: number } {
  const rest = text.slice(cursor);
  // Letters behind the cursor belong to the placeholder only if it is closed behind them.
  const closed = /^[^{}]*\}\}/.test(rest);
  const after = closed ? rest.replace(/^[\w.]*/, '') : rest;
  const put = closed ? path : `${path}}}`;
  const end = closed ? start + path.length + (/^\s*\}\}/.exec(after)?.[0].length ?? 0) : start + put.length;
  return { text: text.slice(0, start) + put + after, cursor: end };
}

/** Placeholders that match the letters typed: those that begin with them first. */
export function matching(known: Placeholder[], typed: string): Placeholder[] {
  const words = typed.trim().toLowerCase();
  if (words === '') return known;
  const rank = ({ path, description }: Placeholder) => {
    const name = path.toLowerCase();
    if (name.startsWith(words)) return 0;
    if (name.split('.').some((it) => it.startsWith(words))) return 1;
    if (name.includes(words)) return 2;
    return description?.toLowerCase().includes(words) === true ? 3 : 4;
  };
  return known
    .map((it) => ({ it, rank: rank(it) }))
    .filter((it) => it.rank < 4)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ it }) => it);
}
