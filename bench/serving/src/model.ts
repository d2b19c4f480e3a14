import { Rng } from '#kernel';
import { trainerOf } from '#learn';

/** A table of numbers with a label that only deep trees can tell: what the models of this bench learn from, and are asked about. */
export interface Sample {
  readonly features: number;
  /** Rows of numbers with four decimals, as they stand in JSON. */
  readonly rows: readonly (readonly number[])[];
  /** 0 or 1. */
  readonly labels: readonly number[];
}

const DECIMALS = 10_000;

/** Same arguments, same sample. Each feature lies in [-3, 3), near 0 more often than not. */
export const sampleOf = (features: number, count: number, seed: number): Sample => {
  const rng = new Rng(seed);
  const value = (): number =>
    Math.round((rng.uniform() + rng.uniform() + rng.uniform() - 1.5) * 2 * DECIMALS) / DECIMALS;
  const rows = Array.from({ length: count }, () => Array.from({ length: features }, value));
  return { features, rows, labels: rows.map((row) => labelOf(row, rng)) };
};

/** Products of neighbours, so that no single split helps much and trees grow to their full depth; one label in ten is wrong. */
const labelOf = (row: readonly number[], rng: Rng): number => {
  const margin = row.reduce((sum, value, i) => sum + value * row[(i + 1) % row.length]! * (1 + (i % 3)), 0);
  const isPositive = margin + row[0]! > 0;
  return (rng.uniform() < 0.1 ? !isPositive : isPositive) ? 1 : 0;
};

const TRAINING_ROWS = 12_000;
export const TREES = 100;
export const DEPTH = 6;

/** The file of the bench: gradient boosted trees by our own trainer, the same bytes for the same arguments. */
export const makeModel = (features: number, seed: number): Uint8Array => {
  const { rows, labels } = sampleOf(features, TRAINING_ROWS, seed);
  const data = {
    featureNames: Array.from({ length: features }, (_, i) => `f${i + 1}`),
    columns: Array.from({ length: features }, (_, i) => Float64Array.from(rows, (row) => row[i]!)),
    labels: Float64Array.from(labels),
  };
  return trainerOf('gbdt').fit(data, { trees: TREES, depth: DEPTH }, { task: 'binary', seed }).toOnnx();
};
