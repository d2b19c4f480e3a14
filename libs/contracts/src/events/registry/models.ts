import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import {
  Actor,
  Evidence,
  GateResult,
  Measured,
  Measurements,
  Parameters,
  Revision,
  ServiceReference,
  Sha,
  TaskName,
  SAMPLE_EVIDENCE,
  SAMPLE_SERVICE,
  SAMPLE_SHA,
} from '../shapes';

const fact = { version: 1, topic: 'registry.models', key: 'model', owner: 'registry' } as const;

export const ModelVersionRegistered = defineEvent({
  ...fact,
  type: 'registry.model-version.registered',
  meaning: 'A completed run became the next version of its model, with the verdict of each gate.',
  schema: Type.Object({
    model: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    run: Type.String(),
    task: TaskName,
    artifact: Sha('the ONNX file'),
    profile: Sha('the reference profile'),
    manifest: Sha('everything needed to fit it again'),
    dataset: Sha('digest of the canonical rows'),
    definition: Sha('digest of the model definition'),
    revision: Revision,
    service: ServiceReference,
    trainer: Type.String(),
    parameters: Parameters,
    seed: Type.Integer(),
    metrics: Measured,
    gates: Type.Array(GateResult),
    passed: Type.Boolean({ description: 'all gates' }),
    measured: Type.Optional(Measurements),
    evaluation: Type.Optional(Sha('the evaluation report')),
    card: Type.Optional(Sha('the model card as training wrote it')),
    logs: Type.Optional(Sha('what the program of a command trainer wrote')),
    origin: Type.Optional(
      Type.Enum(['trained', 'imported', 'online'], { description: 'trained where it is not said' }),
    ),
  }),
  sample: {
    model: 'fraud',
    version: 3,
    run: 'run-0-12',
    task: 'binary',
    artifact: SAMPLE_SHA.artifact,
    profile: SAMPLE_SHA.profile,
    manifest: SAMPLE_SHA.manifest,
    dataset: SAMPLE_SHA.dataset,
    definition: SAMPLE_SHA.definition,
    revision: '1',
    service: SAMPLE_SERVICE,
    trainer: 'gbdt',
    parameters: { trees: 100, depth: 6 },
    seed: 0,
    metrics: { holdout: { average_precision: 0.63 } },
    gates: [{ metric: 'average_precision', min: 0.1, value: 0.63, passed: true }],
    passed: true,
  },
});

export const ModelVersionReviewed = defineEvent({
  ...fact,
  type: 'registry.model-version.reviewed',
  meaning: 'Somebody approved or rejected a version. A rejected one can get no alias.',
  schema: Type.Object({
    model: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    verdict: Type.Enum(['approved', 'rejected']),
    reviewed_by: Actor,
    comment: Type.Optional(Type.String()),
    policy: Type.Optional(
      Type.Enum(['one', 'four-eyes'], { description: 'of the model, that the approval keeps' }),
    ),
    evidence: Type.Optional(Type.Array(Evidence, { description: 'what it was decided on' })),
  }),
  sample: {
    model: 'fraud',
    version: 3,
    verdict: 'approved',
    reviewed_by: 'grace',
    policy: 'four-eyes',
    evidence: SAMPLE_EVIDENCE,
  },
});

export const AliasAssigned = defineEvent({
  ...fact,
  type: 'registry.alias.assigned',
  meaning: 'An alias names this version from here on: a promotion, or a rollback to the one before.',
  schema: Type.Object({
    model: Type.String(),
    alias: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    previous: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
    cause: Type.Enum(['promotion', 'rollback', 'rollout'], {
      description: 'rollout: a rollout was taken back',
    }),
    reason: Type.Optional(Type.String({ description: 'why, where nobody asked for it' })),
    policy: Type.Optional(
      Type.Literal('retraining', { description: 'decided by the retraining policy of the model' }),
    ),
    assigned_by: Actor,
    evidence: Type.Optional(Type.Array(Evidence, { description: 'what it was decided on' })),
  }),
  sample: {
    model: 'fraud',
    alias: 'champion',
    version: 3,
    previous: 2,
    cause: 'promotion',
    assigned_by: 'ada',
    evidence: SAMPLE_EVIDENCE,
  },
});
