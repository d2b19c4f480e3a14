import { cellOf, chooseBins, type Bins } from '#drift';
import { compareScores, type Comparison, type ScoredRecords } from './compare-scores';

export interface Slice extends Comparison {
  /** `amount [10, 20)`, `terminal_id = 77`, `2018-05-06`. */
  readonly slice: string;
}

export interface SliceOptions {
  /** What the values are of. */
  readonly field: string;
  /** Slices of the most frequent values; the rest is one slice `others`. */
  readonly most?: number;
  /** In the order of the values, such as days; else the most frequent first. */
  readonly inOrder?: boolean;
}

type Cell = string | number | boolean | null;

/**
 * Cuts records by the value of a field. Numbers with more than 20 different values are cut at their deciles; everything else has a slice for each
 * value, the most frequent first. A missing value is a slice of its own.
 */
export const sliceRecords = (
  scored: ScoredRecords,
  values: readonly Cell[],
  options: SliceOptions,
): readonly Slice[] => {
  const numeric = values.some((value) => typeof value === 'number') && values.every(isNumberOrMissing);
  const bins = numeric ? chooseBins(values.map(numberOf), { method: 'quantile' }) : undefined;
  return bins?.kind === 'intervals'
    ? byInterval(scored, values.map(numberOf), options.field, bins.edges, bins)
    : byValue(scored, values, options);
};

const isNumberOrMissing = (value: Cell): boolean => value === null || typeof value === 'number';
const numberOf = (value: Cell): number | null => (typeof value === 'number' ? value : null);

const byInterval = (
  scored: ScoredRecords,
  values: readonly (number | null)[],
  field: string,
  edges: readonly number[],
  bins: Bins,
): readonly Slice[] => {
  const rows = new Map<number, number[]>();
  values.forEach((value, row) => {
    // Bins were chosen from these values: none lies outside.
    const cell = value === null || Number.isNaN(value) ? edges.length : cellOf(bins, value);
    const before = rows.get(cell);
    if (before) before.push(row);
    else rows.set(cell, [row]);
  });
  const nameOf = (cell: number): string => {
    if (cell === edges.length) return `${field} is missing`;
    return `${field} [${edges[cell - 1]}, ${edges[cell]}${cell === edges.length - 1 ? ']' : ')'}`;
  };
  return [...rows.keys()]
    .sort((a, b) => a - b)
    .map((cell) => ({ slice: nameOf(cell), ...compareScores(scored, rows.get(cell)) }));
};

const byValue = (
  scored: ScoredRecords,
  values: readonly Cell[],
  { field, most = 20, inOrder = false }: SliceOptions,
): readonly Slice[] => {
  const rows = new Map<Cell, number[]>();
  values.forEach((value, row) => {
    const key = typeof value === 'number' && Number.isNaN(value) ? null : value;
    const before = rows.get(key);
    if (before) before.push(row);
    else rows.set(key, [row]);
  });
  const byName = ([a]: [Cell, number[]], [b]: [Cell, number[]]): number => (String(a) < String(b) ? -1 : 1);
  const ordered = [...rows].sort((a, b) => b[1].length - a[1].length || byName(a, b));
  const shown = ordered.slice(0, most);
  const named = (inOrder ? shown.sort(byName) : shown).map(([value, its]) => ({
    slice: value === null ? `${field} is missing` : `${field} = ${String(value)}`,
    ...compareScores(scored, its),
  }));
  const rest = ordered.slice(most).flatMap(([, its]) => its);
  if (rest.length === 0) return named;
  return [...named, { slice: `${field}: ${ordered.length - most} others`, ...compareScores(scored, rest) }];
};
