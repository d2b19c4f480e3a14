/** White space but a blank, control characters, and marks that turn the direction of writing: they could rewrite a terminal. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text from the log on one line, with nothing in it that a terminal would obey. */
export const printable = (text: string): string =>
  text.replace(UNSAFE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Columns under their titles, as wide as they need to be; nothing for null. */
export const table = (
  titles: readonly string[],
  rows: readonly (readonly (string | number | boolean | null | undefined)[])[],
): string => {
  const cells = [titles, ...rows.map((row) => row.map((cell) => printable(String(cell ?? ''))))];
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** A number for a person: at most six significant digits. */
export const shortNumber = (value: number | null | undefined): string => {
  if (value === null || value === undefined) return '-';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
};

/** The first twelve digits say which digest is meant. */
export const shortDigest = (digest: string | null | undefined): string => digest?.slice(0, 12) ?? '-';

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
