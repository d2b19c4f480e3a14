import { quantile } from './bootstrap';

/** The values of a column by number: what rows are divided by. */
export interface Grouping {
  readonly values: readonly string[];
  /** Index into `values`, for each row. */
  readonly codes: Uint32Array;
}

/** How a value that is not there is called. */
export const MISSING = 'missing';
/** A column of numbers with more distinct values is cut into ranges with as many rows each. */
const MOST_NUMBERS = 20;
const RANGES = 5;

export const groupTexts = (texts: readonly (string | null)[]): Grouping => {
  const values: string[] = [];
  const known = new Map<string, number>();
  const codes = Uint32Array.from(texts, (text) => {
    const value = text ?? MISSING;
    let code = known.get(value);
    if (code === undefined) {
      code = values.push(value) - 1;
      known.set(value, code);
    }
    return code;
  });
  return { values, codes };
};

/**
 * Numbers as they are where there are few different ones; else five ranges `[from, to)` with about as many rows each, named by six digits of
 * their ends. NaN is `missing`.
 */
export const groupNumbers = (numbers: Float64Array): Grouping => {
  const distinct = new Set<number>();
  for (const number of numbers) {
    if (!Number.isNaN(number)) distinct.add(number);
    if (distinct.size > MOST_NUMBERS) break;
  }
  if (distinct.size <= MOST_NUMBERS)
    return groupTexts(Array.from(numbers, (number) => (Number.isNaN(number) ? null : String(number))));
  const known = numbers.filter((number) => !Number.isNaN(number)).sort();
  const edges = [
    ...new Set(Array.from({ length: RANGES - 1 }, (_, i) => quantile(known, (i + 1) / RANGES))),
  ].filter((edge) => edge > known[0]!);
  const named = edges.map((edge) => String(Number(edge.toPrecision(6))));
  const names = [
    `below ${named[0]}`,
    ...named.slice(1).map((edge, i) => `[${named[i]}, ${edge})`),
    `from ${named.at(-1)}`,
  ];
  return groupTexts(
    Array.from(numbers, (number) =>
      Number.isNaN(number) ? null : names[edges.filter((edge) => number >= edge).length]!,
    ),
  );
};

/** The rows of each value, by code. */
export const rowsOfGroups = ({ values, codes }: Grouping): Uint32Array[] => {
  const sizes = new Uint32Array(values.length);
  for (const code of codes) sizes[code]!++;
  const rows = Array.from(sizes, (size) => new Uint32Array(size));
  const filled = new Uint32Array(values.length);
  codes.forEach((code, row) => (rows[code]![filled[code]!++] = row));
  return rows;
};
