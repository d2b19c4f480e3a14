import { loadModel, type OnnxModel, type RuntimeFingerprint } from '#inference';
import { PlatformError } from '#kernel';
import type { Task } from '#learn';
import type { FittedRun } from './fit-model';

const TOLERANCE = 1e-6;
const WARMING = 20;
const TIMED = 300;
const ROUNDS = 3;

/** Of answering one row, ms; by the monotonic clock of the process, one row after the other, after a warm-up: the quietest of three rounds of 300. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly rows: number;
}

/**
 * Loads the model file as serving will and compares its answers with the trainer's, to 1e-6 (relative above 1).
 * @throws PlatformError PLAYHEAD_INFERENCE_MODEL_INVALID where they differ.
 */
export const verifyModel = async (
  fitted: Pick<FittedRun, 'onnx' | 'probe'>,
  task: Task,
  featureCount: number,
): Promise<RuntimeFingerprint> =>
  withModel(fitted.onnx, task, featureCount, async (model) => {
    await compareAnswers(model, fitted.probe);
    return model.fingerprint;
  });

/** As `verifyModel`, and how long one row takes. */
export const verifyAndTime = async (
  fitted: Pick<FittedRun, 'onnx' | 'probe'>,
  task: Task,
  featureCount: number,
): Promise<{ readonly runtime: RuntimeFingerprint; readonly latency: Latency }> =>
  withModel(fitted.onnx, task, featureCount, async (model) => {
    await compareAnswers(model, fitted.probe);
    return { runtime: model.fingerprint, latency: await timeRows(model, fitted.probe.matrix) };
  });

/** A model while work is done with it. */
export const withModel = async <T>(
  onnx: Uint8Array,
  task: Task,
  featureCount: number,
  work: (model: OnnxModel) => Promise<T>,
): Promise<T> => {
  const model = await loadModel(onnx, { task, featureCount });
  try {
    return await work(model);
  } finally {
    await model.close();
  }
};

const compareAnswers = async (model: OnnxModel, probe: FittedRun['probe']): Promise<void> => {
  const answers = await model.score(probe.matrix);
  for (const [index, expected] of probe.scores.entries()) {
    const answer = answers[index]!;
    if (
      Object.is(answer, expected) ||
      Math.abs(answer - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))
    )
      continue;
    throw new PlatformError(
      'PLAYHEAD_INFERENCE_MODEL_INVALID',
      'halt',
      `the model file answers ${answer} where the trainer says ${expected} (row ${Math.floor(index / model.outputs)} of the hold-out sample); the model is not used`,
    );
  }
};

/** The quietest of a few rounds: what else the machine did is no property of the model. */
const timeRows = async (model: OnnxModel, matrix: Float32Array): Promise<Latency> => {
  await timeRound(model, matrix, WARMING);
  let best: Latency | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const found = await timeRound(model, matrix, TIMED);
    if (!best || found.p99 < best.p99) best = found;
  }
  return best!;
};

const timeRound = async (model: OnnxModel, matrix: Float32Array, turns: number): Promise<Latency> => {
  const width = model.featureCount;
  const rows = matrix.length / width;
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const row = turn % rows;
    const one = matrix.slice(row * width, (row + 1) * width);
    const started = performance.now();
    await model.score(one);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(turns - 1, Math.ceil(share * turns) - 1)]!;
  return { p50: at(0.5), p99: at(0.99), rows: turns };
};
