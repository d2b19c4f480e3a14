import { loadModel, type RuntimeFingerprint } from '#inference';
import { PlatformError } from '#kernel';
import type { Task } from '#learn';
import type { FittedRun } from './fit-model';

const TOLERANCE = 1e-6;

/**
 * Loads the model file as serving will and compares its answers with the trainer's, to 1e-6 (relative above 1).
 * @throws PlatformError PLAYHEAD_INFERENCE_MODEL_INVALID where they differ.
 */
export const verifyModel = async (
  { onnx, probe }: Pick<FittedRun, 'onnx' | 'probe'>,
  task: Task,
  featureCount: number,
): Promise<RuntimeFingerprint> => {
  const model = await loadModel(onnx, { task, featureCount });
  try {
    const answers = await model.score(probe.matrix);
    for (const [row, expected] of probe.scores.entries()) {
      const answer = answers[row]!;
      if (
        Object.is(answer, expected) ||
        Math.abs(answer - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))
      )
        continue;
      throw new PlatformError(
        'PLAYHEAD_INFERENCE_MODEL_INVALID',
        'halt',
        `the model file answers ${answer} where the trainer says ${expected} (row ${row} of the hold-out sample); the model is not used`,
      );
    }
    return model.fingerprint;
  } finally {
    await model.close();
  }
};
