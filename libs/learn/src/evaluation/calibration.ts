import { refuseUnpaired } from '../metrics/threshold-counts';
import { ratio } from '../metrics/ratio';
import { quantile } from './bootstrap';

/** Rows whose probabilities lie in (from, to]; the first bin begins with its lower edge. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Mean probability. */
  readonly predicted: number;
  /** Share of positives. */
  readonly observed: number;
}

export interface Calibration {
  /** Bins that have rows, in order. */
  readonly bins: readonly CalibrationBin[];
  /** Expected calibration error (Naeini et al., 2015): mean distance of `predicted` and `observed`, by rows. Null when there are no rows. */
  readonly error: number | null;
}

/**
 * How often what was given a probability came true. `width`: bins of equal width over [0, 1]; `count`: of about as many rows, cut at
 * quantiles (`calibration_curve` with `uniform` and `quantile`).
 */
export const calibrationCurve = (
  labels: Float64Array,
  probabilities: Float64Array,
  { bins = 10, by }: { readonly bins?: number; readonly by: 'width' | 'count' },
): Calibration => {
  refuseUnpaired(labels, probabilities);
  if (labels.length === 0) return { bins: [], error: null };
  const sorted = by === 'count' ? probabilities.slice().sort() : null;
  const edges = Array.from({ length: bins + 1 }, (_, i) => (sorted ? quantile(sorted, i / bins) : i / bins));
  const inner = edges.slice(1, -1);
  const rows = new Float64Array(bins);
  const predicted = new Float64Array(bins);
  const observed = new Float64Array(bins);
  for (let row = 0; row < labels.length; row++) {
    const at = below(inner, probabilities[row]!);
    rows[at]! += 1;
    predicted[at]! += probabilities[row]!;
    observed[at]! += labels[row] === 1 ? 1 : 0;
  }
  const filled = [...rows.keys()].filter((bin) => rows[bin]! > 0);
  const gap = filled.reduce((sum, bin) => sum + Math.abs(predicted[bin]! - observed[bin]!), 0);
  return {
    bins: filled.map((bin) => ({
      from: edges[bin]!,
      to: edges[bin + 1]!,
      rows: rows[bin]!,
      predicted: predicted[bin]! / rows[bin]!,
      observed: observed[bin]! / rows[bin]!,
    })),
    error: ratio(gap, labels.length),
  };
};

/** How many of the ascending edges are below the value. */
const below = (edges: readonly number[], value: number): number => {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
};
