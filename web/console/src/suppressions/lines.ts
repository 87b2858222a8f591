import type { Schemas } from '../api';

/** An address of a pasted list or a file, with the line that it stands in. */
export type Line = { line: number; entry: Schemas['SuppressedAddress'] };

/**
 * The addresses of a text: one on each line, alone or first in a row of CSV. A time in the second column is when they asked.
 * A first line without a digit or an @ names the columns.
 */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (const [index, row] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const [address = '', at = ''] = row.split(/[,;\t]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    if (address === '' || (index === 0 && !/[@\d]/.test(address))) continue;
    const moment = /^\d{4}-\d{2}-\d{2}/.test(at) ? new Date(at) : undefined;
    const isKnown = moment !== undefined && !Number.isNaN(moment.getTime());
    lines.push({ line: index + 1, entry: isKnown ? { address, at: moment.toISOString() } : address });
  }
  return lines;
}

export function addressOf({ entry }: Line): string {
  return typeof entry === 'string' ? entry : entry.address;
}
