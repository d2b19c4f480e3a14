import { refuseUnpaired } from '../metrics/threshold-counts';
import type { Measure, WantedMetric } from './weighted-measure';
import type { Scored } from './scored';

/** Measures of a regression. */
export const measureValues = ({ labels, scores }: Scored, wanted: readonly WantedMetric[]): Measure => {
  refuseUnpaired(labels, scores);
  // Around their mean, so that the variance of a resample does not lose its digits.
  const mean = labels.reduce((sum, label) => sum + label, 0) / Math.max(1, labels.length);
  return {
    units: labels.length,
    at: (weights) => {
      let rows = 0;
      let squared = 0;
      let absolute = 0;
      let sum = 0;
      let squares = 0;
      let first = Number.NaN;
      let isConstant = true;
      for (let row = 0; row < labels.length; row++) {
        const weight = weights[row]!;
        if (weight === 0) continue;
        const error = scores[row]! - labels[row]!;
        const centred = labels[row]! - mean;
        rows += weight;
        squared += weight * error * error;
        absolute += weight * Math.abs(error);
        sum += weight * centred;
        squares += weight * centred * centred;
        if (Number.isNaN(first)) first = labels[row]!;
        else if (labels[row] !== first) isConstant = false;
      }
      const values: Partial<Record<string, number>> = {
        rmse: Math.sqrt(squared / rows),
        mae: absolute / rows,
        r2: isConstant ? Number.NaN : 1 - squared / (squares - (sum * sum) / rows),
      };
      return Float64Array.from(wanted, ({ metric }) => values[metric] ?? Number.NaN);
    },
  };
};
