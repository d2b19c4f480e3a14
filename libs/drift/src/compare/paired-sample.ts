import { Refused } from '#kernel';
import { sortedValues } from '../profile/bins';

/**
 * Two columns as one table: the distinct values in ascending order, and how often each stands on either side. All that the two-sample
 * statistics here ask for. A summary of a stream gives the same table with fewer places (`SampleSketch`).
 */
export interface PairedSample {
  readonly values: Float64Array;
  readonly reference: Float64Array;
  readonly current: Float64Array;
  /** Present rows. */
  readonly rows: { readonly reference: number; readonly current: number };
  /** Whether pandas would hold both columns together as integers: numpy makes their bins at least 1 wide. */
  readonly isInteger: boolean;
}

export interface SampleOptions {
  /** By default: all values are whole numbers and none is missing. */
  readonly integer?: boolean;
}

type Column = ArrayLike<number | null>;

/**
 * Missing values (`isPresent`) are left out.
 * @throws Refused PLAYHEAD_DRIFT_INVALID when a side has no values.
 */
export const pairSamples = (
  reference: Column,
  current: Column,
  options: SampleOptions = {},
): PairedSample => {
  const [left, right] = [sortedValues(reference), sortedValues(current)];
  expectValues(left.length, right.length);
  const length = left.length + right.length;
  const table = {
    values: new Float64Array(length),
    reference: new Float64Array(length),
    current: new Float64Array(length),
  };
  let size = 0;
  for (let i = 0, j = 0; i < left.length || j < right.length; size++) {
    const value = j === right.length || (i < left.length && left[i]! <= right[j]!) ? left[i]! : right[j]!;
    const [fromLeft, fromRight] = [i, j];
    while (i < left.length && left[i] === value) i++;
    while (j < right.length && right[j] === value) j++;
    table.values[size] = value;
    table.reference[size] = i - fromLeft;
    table.current[size] = j - fromRight;
  }
  const values = table.values.subarray(0, size);
  return {
    values,
    reference: table.reference.subarray(0, size),
    current: table.current.subarray(0, size),
    rows: { reference: left.length, current: right.length },
    isInteger:
      options.integer ?? (length === reference.length + current.length && values.every(Number.isInteger)),
  };
};

/** @throws Refused PLAYHEAD_DRIFT_INVALID when there are none on a side. */
export const expectValues = (reference: number, current: number): void => {
  if (reference > 0 && current > 0) return;
  throw new Refused(
    'PLAYHEAD_DRIFT_INVALID',
    `the ${reference === 0 ? 'reference' : 'current'} column has no values`,
  );
};

export const distinctOf = (counts: Float64Array): number => {
  let distinct = 0;
  for (const count of counts) if (count > 0) distinct++;
  return distinct;
};
