import { MAX_FLOAT32 } from '../data-set';

/** How raw features become the numbers that linear models see; part of the model and of its ONNX graph. */
export interface Standardisation {
  /** Of the values that are there; 0 where there is none. Stands in for a missing value. */
  readonly mean: Float64Array;
  /** 1 / standard deviation (ddof 0, missing values counted as the mean); 0 where the feature is constant. */
  readonly scale: Float64Array;
}

export const standardisationOf = (columns: readonly Float32Array[]): Standardisation => {
  const fits = columns.map(meanAndScale);
  return {
    mean: Float64Array.from(fits, ({ mean }) => mean),
    scale: Float64Array.from(fits, ({ scale }) => scale),
  };
};

const meanAndScale = (column: Float32Array): { mean: number; scale: number } => {
  let sum = 0;
  let present = 0;
  let largest = 0;
  for (let row = 0; row < column.length; row++) {
    const value = finite(column[row]!);
    if (value !== value) continue;
    sum += value;
    present++;
    largest = Math.max(largest, Math.abs(value));
  }
  const mean = present === 0 ? 0 : sum / present;
  let squares = 0;
  for (let row = 0; row < column.length; row++) {
    const value = finite(column[row]!);
    if (value === value) squares += (value - mean) * (value - mean);
  }
  const deviation = Math.sqrt(squares / column.length);
  // What is left of a constant after rounding its mean is no variation.
  return { mean, scale: deviation > 1e-12 * largest ? 1 / deviation : 0 };
};

/** An infinite value counts as the largest float32. */
const finite = (value: number): number =>
  value > MAX_FLOAT32 ? MAX_FLOAT32 : value < -MAX_FLOAT32 ? -MAX_FLOAT32 : value;

export const standardise = ({ mean, scale }: Standardisation, feature: number, value: number): number =>
  value === value ? (finite(value) - mean[feature]!) * scale[feature]! : 0;

/**
 * Calls `visit` with the standardised rows, a block at a time: `block[f]` holds feature f of rows begin .. begin + size, and one
 * more column of ones stands behind the last feature, for the intercept.
 */
export const forEachBlock = (
  standardisation: Standardisation,
  columns: readonly Float32Array[],
  visit: (block: readonly Float64Array[], begin: number, size: number) => void,
): void => {
  const rows = columns[0]!.length;
  const block = Array.from({ length: columns.length + 1 }, () => new Float64Array(BLOCK).fill(1));
  for (let begin = 0; begin < rows; begin += BLOCK) {
    const size = Math.min(BLOCK, rows - begin);
    columns.forEach((column, feature) => {
      const target = block[feature]!;
      const mean = standardisation.mean[feature]!;
      const scale = standardisation.scale[feature]!;
      for (let i = 0; i < size; i++) {
        const usual = (column[begin + i]! - mean) * scale;
        // A missing or infinite value is seen by its difference to itself.
        target[i] = usual - usual === 0 ? usual : standardise(standardisation, feature, column[begin + i]!);
      }
    });
    visit(block, begin, size);
  }
};

/** Rows of a block. */
export const BLOCK = 256;
