import { kolmogorovSmirnov, psi } from '#drift';
import { evaluate, type Task } from '#learn';

export type Metrics = Record<string, number | null>;

/** The same records scored twice, column by column. NaN: no score, no label. */
export interface ScoredRecords {
  readonly task: Task;
  /** A score at or above it is decided positive; null: nothing is decided. */
  readonly threshold: number | null;
  readonly baseline: Float64Array;
  readonly candidate: Float64Array;
  readonly labels: Float64Array;
}

export interface Comparison {
  readonly records: number;
  /** Records with a label and both scores: those that the metrics are computed over. */
  readonly labelled: number;
  readonly flips: number;
  readonly flipsToPositive: number;
  readonly flipsToNegative: number;
  readonly metrics: {
    readonly baseline: Metrics;
    readonly candidate: Metrics;
    /** candidate - baseline; null where either has no value. */
    readonly delta: Metrics;
  };
  /** How far the scores moved: population stability index and Kolmogorov-Smirnov distance; null without scores. */
  readonly shift: { readonly psi: number | null; readonly ks: number | null; readonly largest: number };
}

/** -1: from positive to negative; 1: from negative to positive; 0: decided alike, or not decided. */
export const flipOf = (threshold: number | null, baseline: number, candidate: number): -1 | 0 | 1 => {
  if (threshold === null || Number.isNaN(baseline) || Number.isNaN(candidate)) return 0;
  const [before, after] = [baseline >= threshold, candidate >= threshold];
  return before === after ? 0 : after ? 1 : -1;
};

/** Compares two scores of the same records, over the rows named or over all. */
export const compareScores = (scored: ScoredRecords, rows?: readonly number[]): Comparison => {
  const { task, threshold } = scored;
  const [baseline, candidate, labels] = [scored.baseline, scored.candidate, scored.labels].map((column) =>
    rows ? Float64Array.from(rows, (row) => column[row]!) : column,
  ) as [Float64Array, Float64Array, Float64Array];
  let [flipsToPositive, flipsToNegative, largest] = [0, 0, 0];
  const judged: number[] = [];
  for (let row = 0; row < labels.length; row++) {
    const [before, after] = [baseline[row]!, candidate[row]!];
    const flip = flipOf(threshold, before, after);
    if (flip === 1) flipsToPositive++;
    else if (flip === -1) flipsToNegative++;
    const moved = Math.abs(after - before);
    if (moved > largest) largest = moved;
    if (!Number.isNaN(labels[row]!) && !Number.isNaN(before) && !Number.isNaN(after)) judged.push(row);
  }
  const pick = (column: Float64Array): Float64Array => Float64Array.from(judged, (row) => column[row]!);
  const known = pick(labels);
  const options = threshold === null ? {} : { threshold };
  const measured = (scores: Float64Array): Metrics => ({ ...evaluate(task, known, pick(scores), options) });
  const metrics = { baseline: measured(baseline), candidate: measured(candidate) };
  return {
    records: labels.length,
    labelled: judged.length,
    flips: flipsToPositive + flipsToNegative,
    flipsToPositive,
    flipsToNegative,
    metrics: { ...metrics, delta: deltaOf(metrics.baseline, metrics.candidate) },
    shift: { ...shiftOf(baseline, candidate), largest },
  };
};

export const deltaOf = (baseline: Metrics, candidate: Metrics): Metrics =>
  Object.fromEntries(
    Object.entries(baseline).map(([name, before]) => {
      const after = candidate[name] ?? null;
      return [name, before === null || after === null ? null : after - before];
    }),
  );

const shiftOf = (
  baseline: Float64Array,
  candidate: Float64Array,
): { readonly psi: number | null; readonly ks: number | null } => {
  const ks = kolmogorovSmirnov(baseline, candidate);
  return { ks, psi: ks === null ? null : psi(baseline, candidate) };
};
