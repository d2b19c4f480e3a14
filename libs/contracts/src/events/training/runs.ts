import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { Measured, Measurements, OffsetRange, Parameters, Sha, TaskName, SAMPLE_SHA } from '../shapes';

/** The life of a training run, decided over `training.inputs`: requested, started, then exactly one of the four ends. */
const fact = { version: 1, topic: 'training.runs', key: 'run', owner: 'training' } as const;

const Identity = { run: Type.String(), model: Type.String() };

export const TrainingRunRequested = defineEvent({
  ...fact,
  type: 'training.run.requested',
  meaning: 'Training knows of the run and waits for its data set.',
  schema: Type.Object(Identity),
  sample: { run: 'run-0-12', model: 'fraud' },
});

export const TrainingRunStarted = defineEvent({
  ...fact,
  type: 'training.run.started',
  meaning: 'The data set is there; the fit begins.',
  schema: Type.Object({
    ...Identity,
    dataset: Sha('digest of the canonical rows'),
    rows: Type.Object({ train: Type.Integer(), holdout: Type.Integer() }),
    trainer: Type.String(),
    parameters: Parameters,
    seed: Type.Integer(),
    trials: Type.Optional(Type.Integer({ description: 'of its search, at most' })),
    dataset_manifest: Type.Optional(Sha('everything needed to build the data set again')),
    cut: Type.Optional(
      Type.Array(OffsetRange, { description: 'offset ranges that the data set was read from' }),
    ),
  }),
  sample: {
    run: 'run-0-12',
    model: 'fraud',
    dataset: SAMPLE_SHA.dataset,
    rows: { train: 80_000, holdout: 20_000 },
    trainer: 'gbdt',
    parameters: { trees: 100, depth: 6 },
    seed: 0,
    dataset_manifest: SAMPLE_SHA.manifest,
    cut: [{ topic: 'feature.vectors.fraud', partition: 0, from: 0, to: 100 }],
  },
});

export const TrainingRunCompleted = defineEvent({
  ...fact,
  type: 'training.run.completed',
  meaning: 'The model file, its reference profile and its manifest lie in the artifact store.',
  schema: Type.Object({
    ...Identity,
    task: TaskName,
    dataset: Sha('digest of the canonical rows'),
    artifact: Sha('the ONNX file'),
    profile: Sha(
      'the reference profile: distributions of features, scores and labels that monitoring compares with',
    ),
    manifest: Sha(
      'everything needed to fit it again: data set, offset ranges, trainer, parameters, seed, code version, runtime',
    ),
    metrics: Measured,
    rows: Type.Object({ train: Type.Integer(), holdout: Type.Integer() }),
    trainer: Type.String(),
    parameters: Parameters,
    seed: Type.Integer(),
    seconds: Type.Number({ description: 'of the fit' }),
    measured: Type.Optional(Measurements),
    evaluation: Type.Optional(Sha('the evaluation report')),
    card: Type.Optional(Sha('the model card as training wrote it')),
    logs: Type.Optional(Sha('what the program of a command trainer wrote')),
    trials: Type.Optional(Type.Integer({ description: 'of its search' })),
    best: Type.Optional(
      Type.Object(
        { trial: Type.Integer(), metric: Type.String(), value: Type.Number() },
        { description: 'the trial whose trainer and parameters were fitted on all training rows' },
      ),
    ),
    origin: Type.Optional(Type.Enum(['trained', 'online'], { description: 'trained where it is not said' })),
  }),
  sample: {
    run: 'run-0-12',
    model: 'fraud',
    task: 'binary',
    dataset: SAMPLE_SHA.dataset,
    artifact: SAMPLE_SHA.artifact,
    profile: SAMPLE_SHA.profile,
    manifest: SAMPLE_SHA.manifest,
    metrics: { train: { average_precision: 0.71 }, holdout: { average_precision: 0.63, roc_auc: 0.97 } },
    rows: { train: 80_000, holdout: 20_000 },
    trainer: 'gbdt',
    parameters: { trees: 100, depth: 6 },
    seed: 0,
    seconds: 4.2,
  },
});

export const TrainingRunFailed = defineEvent({
  ...fact,
  type: 'training.run.failed',
  meaning: 'The fit gave no model; the message says why and what to do.',
  schema: Type.Object({
    ...Identity,
    code: Type.String(),
    message: Type.String(),
    logs: Type.Optional(Sha('what the program of a command trainer wrote')),
  }),
  sample: {
    run: 'run-0-12',
    model: 'fraud',
    code: 'PLAYHEAD_LEARN_INVALID',
    message: 'all 80000 labels are 0; a binary task needs both classes',
  },
});

export const TrainingRunCancelled = defineEvent({
  ...fact,
  type: 'training.run.cancelled',
  meaning: 'The run ended because somebody asked for it.',
  schema: Type.Object(Identity),
  sample: { run: 'run-0-12', model: 'fraud' },
});

export const TrainingRunRejected = defineEvent({
  ...fact,
  type: 'training.run.rejected',
  meaning: 'The run never started: its data set cannot be built, or its trainer does not fit the task.',
  schema: Type.Object({ ...Identity, code: Type.String(), message: Type.String() }),
  sample: {
    run: 'run-0-12',
    model: 'fraud',
    code: 'NO_ROWS',
    message: 'no mature labelled rows before the cut; stream more labels or shorten maturity',
  },
});

export const TrainingRunProgressed = defineEvent({
  ...fact,
  topic: 'training.progress',
  type: 'training.run.progressed',
  meaning: 'How far the fit is; told now and then, for people.',
  schema: Type.Object({
    ...Identity,
    iteration: Type.Integer(),
    iterations: Type.Integer(),
    metric: Type.String({ description: 'smaller is better' }),
    train: Type.Number(),
    validation: Type.Optional(Type.Number()),
    trial: Type.Optional(Type.Integer({ description: 'of a search: the trial that is fitted' })),
    trials: Type.Optional(Type.Integer({ description: 'how many it has at most' })),
  }),
  sample: {
    run: 'run-0-12',
    model: 'fraud',
    iteration: 40,
    iterations: 100,
    metric: 'log_loss',
    train: 0.031,
  },
});
