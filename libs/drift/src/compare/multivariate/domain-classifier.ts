import { isPresent } from '../../profile/bins';
import { fitLogistic } from './logistic';

type Columns = readonly ArrayLike<number | null>[];

export interface DomainClassifier {
  /** How well a model that has not seen a row tells which side it is from: 0.5 not at all, 1 always. */
  readonly auc: number;
  readonly threshold: number;
  readonly drifted: boolean;
  /** Rows of each side that were looked at. */
  readonly rows: { readonly reference: number; readonly current: number };
}

export interface DomainOptions {
  /** Drift from here on; default 0.65, as in NannyML. */
  readonly threshold?: number;
  /** Rows of a side at most, evenly spaced; default 5,000. */
  readonly mostRows?: number;
}

const FOLDS = 3;
/** With more columns their squares are left out: the time grows with the square of the number of terms. */
const MOST_SQUARED = 30;

/**
 * Whether a model can tell the two sides apart (Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", 2017): sees changes of
 * how columns go together that no single column shows, as far as a line, squares and products of neighbouring columns can. A ridge logistic
 * regression, cross-validated over three folds of alternating rows, judged by the area under its ROC curve; a missing value counts as the mean, and
 * its being missing as a term of its own. Null with fewer than ten rows on a side.
 */
export const domainClassifier = (
  reference: Columns,
  current: Columns,
  { threshold = 0.65, mostRows = 5_000 }: DomainOptions = {},
): DomainClassifier | null => {
  const sides = [evenRows(reference, mostRows), evenRows(current, mostRows)] as const;
  const [n, m] = [sides[0].length, sides[1].length];
  if (n < 10 || m < 10) return null;
  const rows = standardised([...sides[0], ...sides[1]].map(termsOf));
  const isCurrent = (row: number): boolean => row >= n;
  const foldOf = (row: number): number => (isCurrent(row) ? row - n : row) % FOLDS;
  const all = Array.from(rows.keys());
  const scores = new Float64Array(rows.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const training = all.filter((row) => foldOf(row) !== fold);
    const model = fitLogistic(
      training.map((row) => rows[row]!),
      (at) => isCurrent(training[at]!),
    );
    for (const row of all) if (foldOf(row) === fold) scores[row] = model(rows[row]!);
  }
  const auc = areaUnderCurve(scores, n);
  return { auc, threshold, drifted: auc >= threshold, rows: { reference: n, current: m } };
};

const evenRows = (columns: Columns, most: number): (number | null)[][] => {
  const rows = columns[0]?.length ?? 0;
  const taken = Math.min(rows, most);
  return Array.from({ length: taken }, (_, at) => {
    const row = Math.floor((at * rows) / taken);
    return columns.map((column) => column[row] as number | null);
  });
};

/** The values, whether each is missing, their squares and the products of neighbours; NaN for what depends on a missing value. */
const termsOf = (row: readonly (number | null)[]): number[] => {
  const values = row.map((value) => (isPresent(value) ? value : Number.NaN));
  const absent = values.map((value) => (Number.isNaN(value) ? 1 : 0));
  if (values.length > MOST_SQUARED) return [...values, ...absent];
  return [
    ...values,
    ...absent,
    ...values.map((x) => x * x),
    ...values.slice(1).map((x, at) => x * values[at]!),
  ];
};

/** Mean 0 and deviation 1; a missing one and a column that does not vary are 0. */
const standardised = (rows: readonly number[][]): Float64Array[] => {
  const width = rows[0]!.length;
  const scaled = rows.map(() => new Float64Array(width));
  for (let at = 0; at < width; at++) {
    const present = rows.map((row) => row[at]!).filter(Number.isFinite);
    const mean = present.reduce((sum, x) => sum + x, 0) / present.length;
    const deviation = Math.sqrt(
      present.reduce((sum, x) => sum + (x - mean) * (x - mean), 0) / present.length,
    );
    if (!(deviation > 1e-12 * Math.abs(mean))) continue;
    rows.forEach(
      (row, i) => (scaled[i]![at] = Number.isFinite(row[at]!) ? (row[at]! - mean) / deviation : 0),
    );
  }
  return scaled;
};

/** By midranks of the scores of the current rows, which stand after the first n. */
const areaUnderCurve = (scores: Float64Array, n: number): number => {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  let ranks = 0;
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    for (let at = from; at < to; at++) if (order[at]! >= n) ranks += (from + to + 1) / 2;
    from = to;
  }
  const m = scores.length - n;
  return (ranks - (m * (m + 1)) / 2) / (n * m);
};
