import { Rng } from '#kernel';
import type { OnnxModel } from '../onnx-model';

/** What a model was measured to cost, on a thread that had the processor to itself for a moment. */
export interface ModelCost {
  /** A row alone, us. */
  readonly rowUs: number;
  /** A batch of BATCH_ROWS, us. */
  readonly batchUs: number;
}

export const BATCH_ROWS = 32;

const ROUNDS = 25;
/** A slow model is known after a few rounds. */
const BUDGET_MS = 400;

/** The best of some rounds: what comes on top is the work of others on the same machine. */
export const measureCost = async (model: Pick<OnnxModel, 'featureCount' | 'score'>): Promise<ModelCost> => {
  const rng = new Rng(1);
  const matrix = Float32Array.from({ length: BATCH_ROWS * model.featureCount }, () =>
    rng.below(8) === 0 ? Number.NaN : 4 * rng.uniform() - 2,
  );
  const until = performance.now() + BUDGET_MS;
  let rowUs = Infinity;
  let batchUs = Infinity;
  for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < until); round++) {
    const row = matrix.subarray(
      (round % BATCH_ROWS) * model.featureCount,
      ((round % BATCH_ROWS) + 1) * model.featureCount,
    );
    rowUs = Math.min(rowUs, await timed(model, row));
    batchUs = Math.min(batchUs, await timed(model, matrix));
  }
  return { rowUs, batchUs };
};

const timed = async (model: Pick<OnnxModel, 'score'>, matrix: Float32Array): Promise<number> => {
  const began = performance.now();
  await model.score(matrix);
  return (performance.now() - began) * 1_000;
};
