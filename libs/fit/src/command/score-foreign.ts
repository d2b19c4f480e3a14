import { checkInChild, type CheckForeign, type ModelTask } from '#inference';
import { Refused } from '#kernel';
import { rowMajor } from '#learn';
import type { CommandTrace, FitJob } from '../fit-model';
import type { FitControl } from '../fit-thread';
import { queryOrder, withQueries } from '../part';

/** Scoring a large data set takes its time. */
export const checkForeign = checkInChild({ timeoutMs: 600_000, memoryBytes: 4 * 2 ** 30 });

/** Rows of one query stand together, as a ranking is learned and judged. */
export const inQueries = (job: FitJob): FitJob => {
  const { request, features, train, holdout } = job;
  if (request.task !== 'ranking') return job;
  return {
    ...job,
    train: withQueries(train, queryOrder(train, features, request.query)),
    holdout: withQueries(holdout, queryOrder(holdout, features, request.query)),
  };
};

/** Checks a model file that is none of ours and asks it about all rows, away from this process. */
export const scored = async (
  check: CheckForeign,
  job: FitJob,
  model: Buffer,
  { signal }: FitControl,
): Promise<{
  readonly trained: Pick<CommandTrace, 'changes' | 'warnings'>;
  readonly judged: NonNullable<FitJob['foreign']>;
}> => {
  const { request, features } = job;
  const wanted = { task: request.task as ModelTask, featureCount: features.length };
  const parts = [job.train, job.holdout];
  const {
    bytes,
    check: found,
    scores,
  } = await check(
    model,
    wanted,
    parts.map(({ columns }) => rowMajor(columns)),
    signal,
  );
  const [train, holdout] = scores.map((each) => Float64Array.from(each));
  const odd = holdout!.findIndex(Number.isNaN);
  if (odd >= 0)
    throw new Refused(
      'PLAYHEAD_INFERENCE_MODEL_INVALID',
      `the model gives no number for row ${Math.floor(odd / found.outputs)} of the hold-out: missing values must be filled inside of it`,
    );
  return {
    trained: { changes: found.changes, warnings: found.warnings },
    judged: { onnx: bytes, train: train!, holdout: holdout! },
  };
};
