/** Gives the person a CSV file with these rows, the first of which are the names of the columns. */
export function saveCsv(name: string, rows: string[][]) {
  // The mark makes spreadsheets read UTF-8.
  const blob = new Blob(['\uFEFF', csvOf(rows)], { type: 'text/csv;charset=utf-8' });
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Rows as CSV (RFC 4180). A text that a spreadsheet would run as a formula is kept a text by an apostrophe. */
export function csvOf(rows: string[][]): string {
  return rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');
}

function cellOf(text: string): string {
  const isNumber = /^[+-][\d\s().-]*$/.test(text);
  const safe = /^[=@+\-\t\r]/.test(text) && !isNumber ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
