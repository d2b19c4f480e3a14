import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { DatasetBuilt } from '../feature/dataset-built';
import { DatasetFailed } from '../feature/dataset-failed';
import { CancellationRequested, TrainingRequested } from '../registry/requests';
import { Measured, Measurements, Reference, Sha, SAMPLE_SHA } from '../shapes';

/** What training decides about: `training.inputs` alone is folded. Each is routed from another topic, or reported by a fit. */
const input = { version: 1, topic: 'training.inputs', key: 'run', owner: 'training' } as const;

export const TrainingInputRequested = defineEvent({
  ...input,
  type: 'training.input.requested',
  meaning: 'The registry requested a run; routed from `registry.requests`.',
  schema: Type.Object({ reference: Reference, fact: TrainingRequested.schema }),
  sample: { reference: 'registry.requests:0-3', fact: TrainingRequested.sample },
});

export const TrainingInputCancellationRequested = defineEvent({
  ...input,
  type: 'training.input.cancellation-requested',
  meaning: 'The registry requested that a run ends; routed from `registry.requests`.',
  schema: Type.Object({ reference: Reference, fact: CancellationRequested.schema }),
  sample: { reference: 'registry.requests:0-4', fact: CancellationRequested.sample },
});

export const TrainingInputDatasetReported = defineEvent({
  ...input,
  type: 'training.input.dataset-reported',
  meaning: 'The data set of a run is built, or cannot be; routed from `feature.datasets`.',
  schema: Type.Union([
    Type.Object({
      reference: Reference,
      type: Type.Literal('feature.dataset.built'),
      fact: DatasetBuilt.schema,
    }),
    Type.Object({
      reference: Reference,
      type: Type.Literal('feature.dataset.failed'),
      fact: DatasetFailed.schema,
    }),
  ]),
  sample: { reference: 'feature.datasets:0-0', type: 'feature.dataset.built', fact: DatasetBuilt.sample },
});

export const TrainingInputFitReported = defineEvent({
  ...input,
  type: 'training.input.fit-reported',
  meaning: 'How a fit ended; appended by the effect that ran it, under a request id made from the run.',
  schema: Type.Union([
    Type.Object({
      run: Type.String(),
      outcome: Type.Literal('completed'),
      artifact: Sha('the ONNX file'),
      profile: Sha('the reference profile'),
      manifest: Sha('everything needed to fit it again'),
      metrics: Measured,
      seconds: Type.Number(),
      measured: Type.Optional(Measurements),
      evaluation: Type.Optional(Sha('the evaluation report')),
      card: Type.Optional(Sha('the model card as training wrote it')),
      logs: Type.Optional(Sha('what the program of a command trainer wrote')),
    }),
    Type.Object({
      run: Type.String(),
      outcome: Type.Literal('failed'),
      code: Type.String(),
      message: Type.String(),
      logs: Type.Optional(Sha('what the program of a command trainer wrote')),
    }),
    Type.Object({ run: Type.String(), outcome: Type.Literal('cancelled') }),
  ]),
  sample: {
    run: 'run-0-12',
    outcome: 'completed',
    artifact: SAMPLE_SHA.artifact,
    profile: SAMPLE_SHA.profile,
    manifest: SAMPLE_SHA.manifest,
    metrics: { holdout: { average_precision: 0.63 } },
    seconds: 4.2,
  },
});
