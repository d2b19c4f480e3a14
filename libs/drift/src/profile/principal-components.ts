import { isPresent } from './bins';
import { momentsOf, type Moments } from './chunks';
import { eigenOf } from './eigenvectors';

/** The directions in which the reference varies together, and how far its rows are from them. */
export interface PcaProfile {
  /** Of each feature in the features' order, over the rows that have it; stands in for a missing value. */
  readonly mean: readonly number[];
  /** ddof 0, of the column with its gaps so filled; 1 where it never varies. */
  readonly std: readonly number[];
  /** The fewest that explain more than 65 % of the variance of the standardised features, one vector of length 1 each. */
  readonly components: readonly (readonly number[])[];
  /** Of the mean reconstruction errors of the reference's chunks. */
  readonly errors: Moments;
}

const EXPLAINED = 0.65;
/** With more features nothing is made: the time grows with the cube of their number. */
const MOST_FEATURES = 256;
/** Multiplications for the covariance; of more rows than that allows evenly spaced ones are taken. */
const MOST_PRODUCTS = 500_000_000;

type Columns = readonly ArrayLike<number | null>[];

/**
 * What `reconstructionError` goes by, as NannyML 0.13.1 makes it for numerical columns (mean imputation, StandardScaler,
 * `PCA(n_components=0.65)`). Undefined for fewer than two features that vary, more than 256, fewer than two chunks,
 * or where all directions are needed (two features that have little to do with each other).
 */
export const principalComponents = (
  columns: Columns,
  chunks: readonly Uint32Array[],
): PcaProfile | undefined => {
  if (columns.length > MOST_FEATURES || chunks.length < 2) return undefined;
  const rows = columns[0]?.length ?? 0;
  const { mean, std, varying } = scalesOf(columns, rows);
  if (varying < 2) return undefined;
  const { values, vectors } = eigenOf(covarianceOf(columns, rows, mean, std));
  const components = vectors.slice(0, componentsNeeded(values));
  // Every row is told exactly: what is left is rounding.
  if (components.length >= varying) return undefined;
  const pca = { mean, std, components };
  const reconstruct = reconstruction(pca);
  const row = new Array<number | null>(columns.length);
  const errors = momentsOf(
    chunks.map((chunk) => {
      let sum = 0;
      for (const at of chunk) {
        columns.forEach((column, i) => (row[i] = column[at] as number | null));
        sum += reconstruct(row);
      }
      return sum / chunk.length;
    }),
  );
  return errors ? { ...pca, errors } : undefined;
};

/**
 * The distance of a standardised row from what the components say of it; missing values are taken as the mean. A window's error is the mean over
 * its rows. `reconstruction` gives the function, which must not be used by two callers at once.
 */
export const reconstruction = ({
  mean,
  std,
  components,
}: Pick<PcaProfile, 'mean' | 'std' | 'components'>): ((row: ArrayLike<number | null>) => number) => {
  const width = mean.length;
  const z = new Float64Array(width);
  const rest = new Float64Array(width);
  const directions = components.map((component) => Float64Array.from(component));
  return (row) => {
    for (let i = 0; i < width; i++) {
      const value = row[i] as number | null;
      rest[i] = z[i] = isPresent(value) ? (value - mean[i]!) / std[i]! : 0;
    }
    for (const direction of directions) {
      let along = 0;
      for (let i = 0; i < width; i++) along += z[i]! * direction[i]!;
      for (let i = 0; i < width; i++) rest[i]! -= along * direction[i]!;
    }
    let squares = 0;
    for (let i = 0; i < width; i++) squares += rest[i]! * rest[i]!;
    return Math.sqrt(squares);
  };
};

const scalesOf = (
  columns: Columns,
  rows: number,
): { readonly mean: number[]; readonly std: number[]; readonly varying: number } => {
  let varying = 0;
  const mean: number[] = [];
  const std = columns.map((column) => {
    let [sum, present, squares] = [0, 0, 0];
    for (let row = 0; row < rows; row++) {
      const value = column[row] as number | null;
      if (isPresent(value)) [sum, present] = [sum + value, present + 1];
    }
    const center = present === 0 ? 0 : sum / present;
    mean.push(center);
    for (let row = 0; row < rows; row++) {
      const value = column[row] as number | null;
      if (isPresent(value)) squares += (value - center) * (value - center);
    }
    // What rounding of the mean leaves of a constant column is no variation (StandardScaler's rule).
    const rounding = rows * Number.EPSILON * center;
    if (!(squares / rows > rounding * rounding)) return 1;
    varying++;
    return Math.sqrt(squares / rows);
  });
  return { mean, std, varying };
};

/** Of the standardised columns, without the divisor: components do not depend on it. */
const covarianceOf = (
  columns: Columns,
  rows: number,
  mean: readonly number[],
  std: readonly number[],
): Float64Array[] => {
  const width = columns.length;
  const taken = Math.max(1, Math.min(rows, Math.floor(MOST_PRODUCTS / (width * width))));
  const sums = columns.map(() => new Float64Array(width));
  const z = new Float64Array(width);
  for (let i = 0; i < taken; i++) {
    const row = Math.floor((i * rows) / taken);
    for (let j = 0; j < width; j++) {
      const value = columns[j]![row] as number | null;
      z[j] = isPresent(value) ? (value - mean[j]!) / std[j]! : 0;
      for (let k = 0; k <= j; k++) sums[j]![k]! += z[j]! * z[k]!;
    }
  }
  for (let j = 0; j < width; j++) for (let k = 0; k < j; k++) sums[k]![j] = sums[j]![k]!;
  return sums;
};

const componentsNeeded = (values: readonly number[]): number => {
  const all = values.reduce((sum, value) => sum + value, 0);
  let [explained, components] = [0, 0];
  while (components < values.length && explained <= EXPLAINED) explained += values[components++]! / all;
  return components;
};
