import type { OnnxModel } from '#inference';
import { isPlatformError } from '#kernel';
import type { Scores } from './prediction';

export interface ScoredRows extends Scores {
  readonly values: Float32Array;
  /** Rows that the model threw for; their values are NaN. */
  readonly thrown: ReadonlySet<number>;
  /** What it threw last. */
  readonly error?: unknown;
}

const NONE: ReadonlySet<number> = new Set();

/**
 * Scores rows, and finds those that the model throws for: each of them alone, by halving, so that who is answered does not depend on what
 * came in the same batch. What is away, what is wrong with ourselves and a model that hangs is thrown.
 */
export const scoreRows = async (
  model: Pick<OnnxModel, 'featureCount' | 'outputs' | 'score'>,
  matrix: Float32Array,
): Promise<ScoredRows> => {
  const { featureCount, outputs: width } = model;
  try {
    return { values: await model.score(matrix), width, thrown: NONE };
  } catch (error) {
    if (!isOfTheModel(error) || hangs(error)) throw error;
  }
  const rows = matrix.length / featureCount;
  const values = new Float32Array(rows * width).fill(Number.NaN);
  const thrown = new Set<number>();
  let last: unknown;
  const score = async (from: number, to: number): Promise<void> => {
    try {
      values.set(await model.score(matrix.subarray(from * featureCount, to * featureCount)), from * width);
    } catch (error) {
      if (!isOfTheModel(error) || hangs(error)) throw error;
      last = error;
      if (to - from === 1) thrown.add(from);
      else await inHalves(from, to);
    }
  };
  const inHalves = async (from: number, to: number): Promise<void> => {
    const middle = (from + to) >>> 1;
    await score(from, middle);
    await score(middle, to);
  };
  if (rows === 1) await score(0, 1);
  else await inHalves(0, rows);
  return { values, width, thrown, error: last };
};

/** All rows of a model that cannot even be opened. */
export const noScores = (rows: number, error: unknown): ScoredRows => ({
  values: new Float32Array(rows).fill(Number.NaN),
  width: 1,
  thrown: new Set(Array.from({ length: rows }, (_, row) => row)),
  error,
});

/** Neither something that is away nor a fault of ours: asked again, it is the same. */
export const isOfTheModel = (error: unknown): boolean =>
  !isPlatformError(error) || error.disposition === 'refuse';

/** It took too long, or its process died: to ask again costs as much. */
export const hangs = (error: unknown): boolean =>
  isPlatformError(error) && error.code === 'PLAYHEAD_INFERENCE_FAILED';
