import { Rng } from '#kernel';
import { METRICS, type MetricName } from '../evaluate';
import type { Task } from '../data-set';
import { compileMeasure } from '../evaluation/measure';

export interface PermutationOptions {
  readonly metric: MetricName;
  readonly repeats: number;
  readonly seed: number;
  readonly k?: number;
}

export interface PermutedFeature {
  readonly feature: string;
  /** By how much the metric gets worse when the feature's values change places between rows; mean over the repeats. */
  readonly drop: number;
  /** Standard deviation over the repeats (ddof 0). */
  readonly deviation: number;
}

export interface PermutationRows {
  readonly featureNames: readonly string[];
  /** [rows, features] row after row; left as it was. */
  readonly matrix: Float32Array;
  readonly labels: Float64Array;
  readonly groups?: Float64Array;
}

/**
 * Permutation importance (Breiman, 2001; Fisher, Rudin and Dominici, 2019): what a model loses when it can no longer tell by a feature.
 * Features that say the same stand in for each other, and share or hide what is lost. Null when the metric has no value on these rows.
 */
export const permutationImportance = (
  task: Task,
  { featureNames, matrix, labels, groups }: PermutationRows,
  predict: (rows: Float32Array) => Float64Array,
  { metric, repeats, seed, k }: PermutationOptions,
): PermutedFeature[] | null => {
  const width = featureNames.length;
  const ones = new Uint32Array(labels.length).fill(1);
  const sign = METRICS[metric].better === 'higher' ? 1 : -1;
  const quality = (rows: Float32Array): number => {
    const scores = predict(rows);
    const outputs = scores.length / labels.length;
    return sign * compileMeasure(task, { labels, scores, outputs, groups }, [{ metric, k }]).at(ones)[0]!;
  };
  const whole = quality(matrix);
  if (Number.isNaN(whole)) return null;
  const rng = new Rng(seed);
  const shuffled = matrix.slice();
  return featureNames.map((feature, column) => {
    const drops = Array.from({ length: repeats }, () => {
      // Shuffling what is shuffled already is as good as shuffling the original.
      for (let last = labels.length - 1; last > 0; last--) {
        const [a, b] = [last * width + column, rng.below(last + 1) * width + column];
        [shuffled[a], shuffled[b]] = [shuffled[b]!, shuffled[a]!];
      }
      return whole - quality(shuffled);
    });
    for (let row = 0; row < labels.length; row++)
      shuffled[row * width + column] = matrix[row * width + column]!;
    const mean = drops.reduce((sum, drop) => sum + drop, 0) / repeats;
    const variance = drops.reduce((sum, drop) => sum + (drop - mean) * (drop - mean), 0) / repeats;
    return { feature, drop: mean, deviation: Math.sqrt(variance) };
  });
};
