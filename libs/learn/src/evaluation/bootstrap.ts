import { Rng, Refused } from '#kernel';
import type { Measure } from './weighted-measure';

export interface BootstrapOptions {
  /** How many samples of the same size are drawn with replacement. */
  readonly resamples: number;
  /** Share of the samples inside the interval, such as 0.95. */
  readonly confidence: number;
  /** Same seed, same intervals. */
  readonly seed: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** An interval needs a value on so many of the samples: fewer (no positive drawn, say) tell nothing of the rest. */
const LEAST_SHARE = 0.9;

/**
 * A percentile interval for each metric of `measure` (Efron, 1979; quantiles interpolated as numpy does). Rows are drawn, or whole queries
 * of a ranking. Null where a metric has no value on most samples.
 */
export const bootstrapIntervals = (measure: Measure, options: BootstrapOptions): (Interval | null)[] => {
  const samples = resample(measure.units, options, (weights) => measure.at(weights));
  return transpose(samples).map((values) => intervalOf(values, options));
};

export interface PairedDifference extends Interval {
  /** Share of the samples on which the first is greater, ties half. */
  readonly wins: number;
}

/**
 * For each metric, the interval of (`a` - `b`) over the same samples of the same rows: what the rows have in common cancels, so it is
 * narrower than both intervals beside each other. @throws Refused PLAYHEAD_LEARN_INVALID unless both measure as many units.
 */
export const pairedDifferences = (
  a: Measure,
  b: Measure,
  options: BootstrapOptions,
): (PairedDifference | null)[] => {
  if (a.units !== b.units)
    throw new Refused('PLAYHEAD_LEARN_INVALID', `${a.units} rows cannot be paired with ${b.units}`);
  const samples = resample(a.units, options, (weights) => {
    const other = b.at(weights);
    return a.at(weights).map((value, metric) => value - other[metric]!);
  });
  return transpose(samples).map((differences) => {
    const interval = intervalOf(differences, options);
    if (interval === null) return null;
    const known = differences.filter((each) => !Number.isNaN(each));
    const wins = known.reduce((sum, each) => sum + (each > 0 ? 1 : each === 0 ? 0.5 : 0), 0);
    return { ...interval, wins: wins / known.length };
  });
};

/** Draws samples, as how often each unit is in it, and asks for the values of each. */
const resample = (
  units: number,
  { resamples, seed }: BootstrapOptions,
  of: (weights: Uint32Array) => Float64Array,
): Float64Array[] => {
  const rng = new Rng(seed);
  const weights = new Uint32Array(units);
  return Array.from({ length: resamples }, () => {
    weights.fill(0);
    for (let draw = 0; draw < units; draw++) weights[Math.floor((rng.uint32() * units) / 4294967296)]!++;
    return of(weights);
  });
};

const transpose = (samples: readonly Float64Array[]): Float64Array[] =>
  Array.from(samples[0] ?? [], (_, metric) => Float64Array.from(samples, (values) => values[metric]!));

const intervalOf = (values: Float64Array, { confidence }: BootstrapOptions): Interval | null => {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  if (known.length === 0 || known.length < LEAST_SHARE * values.length) return null;
  const tail = (1 - confidence) / 2;
  return { low: quantile(known, tail), high: quantile(known, 1 - tail) };
};

/** Of values in ascending order, between neighbours by proportion (numpy's `linear`). */
export const quantile = (ascending: Float64Array, share: number): number => {
  const at = share * (ascending.length - 1);
  const below = Math.min(Math.floor(at), ascending.length - 1);
  const low = ascending[below]!;
  const high = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return low + (high - low) * (at - below);
};
