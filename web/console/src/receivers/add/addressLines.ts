import type { Schemas } from '../../api';

/** A person read from pasted text, and the line where they stand. */
export type PastedPerson = { line: number; text: string; receiver: Schemas['NewReceiver'] };

const NAMED = /^(.*)<([^<>]+)>$/;
const PHONE = /^\+?[\d][\d\s()./-]{4,}$/;

function unquoted(text: string): string {
  return text
    .trim()
    .replace(/^["']|["']$/g, '')
    .trim();
}

function nameOf(text: string): Pick<Schemas['NewReceiver'], 'first_name' | 'last_name'> {
  const name = unquoted(text);
  if (name === '') return {};
  const [last, first] = name.split(',').map((it) => it.trim());
  if (first !== undefined && first !== '') return { first_name: first, last_name: last };
  const words = name.split(/\s+/);
  const family = words.length > 1 ? words.pop() : undefined;
  return { first_name: words.join(' '), ...(family === undefined ? {} : { last_name: family }) };
}

/** Splits at commas, semicolons and tabs that stand outside quotes and angle brackets. */
function cellsOf(line: string): string[] {
  const cells = line.match(/(?:"[^"]*"|<[^>]*>|[^,;\t"<])+/g) ?? [];
  return cells.flatMap((it) => parted(it.trim())).filter((it) => it !== '');
}

/** Words of which some are addresses: `Ann Smith ann@example.org +44 7400 123456`. Figures alone may be anything. */
function parted(cell: string): string[] {
  if (cell.includes('<') || !/\s/.test(cell) || !/@|\s\+/.test(cell)) return [cell];
  const emails = cell.match(/\S+@\S+/g) ?? [];
  const rest = cell.replace(/\S+@\S+/g, '\t');
  const others = rest.split('\t').flatMap((text) => {
    const [phone] = /(?:^|\s)\+?\d[\d\s()./-]{4,}$/.exec(text.trim()) ?? [''];
    return [text.trim().slice(0, text.trim().length - phone.length), phone];
  });
  return [...others, ...emails].map((it) => it.trim()).filter((it) => it !== '');
}

function isAddress(cell: string): boolean {
  return cell.includes('@') || PHONE.test(cell);
}

/**
 * Reads people from pasted text: one or several to a line, as `Ann Smith <ann@example.org>`, as bare addresses and numbers, or as
 * cells of a spreadsheet. What is not an address is the name of the person on its line.
 */
export function readLines(text: string): PastedPerson[] {
  return text.split(/\r?\n/).flatMap((raw, index): PastedPerson[] => {
    const line = index + 1;
    const cells = cellsOf(raw);
    if (cells.length === 0) return [];
    const addresses = cells.filter(isAddress);
    const emails = addresses.filter((it) => it.includes('@'));
    const names = cells.filter((it) => !isAddress(it));
    const several = emails.length > 1 || addresses.length - emails.length > 1;
    if (several) {
      return addresses.map((cell) => ({ line, text: cell, receiver: personIn([cell], []) }));
    }
    return [{ line, text: raw.trim(), receiver: personIn(addresses, names) }];
  });
}

function personIn(addresses: string[], names: string[]): Schemas['NewReceiver'] {
  const receiver: Schemas['NewReceiver'] = {};
  for (const cell of addresses) {
    if (!cell.includes('@')) receiver.mobile = cell;
    else {
      const named = NAMED.exec(cell);
      receiver.email = named === null ? unquoted(cell) : (named[2] ?? '').trim();
      if (named !== null) Object.assign(receiver, nameOf(named[1] ?? ''));
    }
  }
  const [first, last] = names;
  if (receiver.first_name === undefined && first !== undefined) {
    Object.assign(
      receiver,
      last === undefined ? nameOf(first) : { first_name: unquoted(first), last_name: unquoted(last) },
    );
  }
  return receiver;
}
