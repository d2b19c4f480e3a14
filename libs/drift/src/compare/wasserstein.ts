import type { PairedSample } from './paired-sample';

/**
 * The first Wasserstein distance of two samples, the area between their distribution functions (scipy.stats.wasserstein_distance), over
 * the reference's standard deviation (of all rows), as Evidently 0.7.23 norms it: deviations below 0.001 count as 0.001, so
 * that a constant reference makes the figure a thousand times the distance.
 */
export const normedWasserstein = (sample: PairedSample): number =>
  areaBetween(sample, Math.abs) / Math.max(deviationOf(sample), 0.001);

/** Energy distance: the root of twice the area under the squared difference (Székely, 2003; scipy.stats.energy_distance). */
export const energyDistance = (sample: PairedSample): number =>
  Math.sqrt(2 * areaBetween(sample, (gap) => gap * gap));

const areaBetween = (
  { values, reference, current, rows }: PairedSample,
  height: (gap: number) => number,
): number => {
  let [area, left, right] = [0, 0, 0];
  for (let i = 0; i + 1 < values.length; i++) {
    left += reference[i]!;
    right += current[i]!;
    area += height(left / rows.reference - right / rows.current) * (values[i + 1]! - values[i]!);
  }
  return area;
};

/** Of the reference, over n. */
const deviationOf = ({ values, reference, rows }: PairedSample): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * reference[i]!;
  const mean = sum / rows.reference;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = values[i]! - mean;
    squares += distance * distance * reference[i]!;
  }
  return Math.sqrt(squares / rows.reference);
};
