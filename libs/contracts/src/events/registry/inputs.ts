import { Type, type TSchema } from 'typebox';
import { defineEvent } from '../../define-event';
import { RevisionWarmed } from '../feature/revision-warmed';
import { ExperimentMeasured, RolloutJudged } from '../monitoring/rollouts';
import { Actor, Cause, ImportedModel, KindName, Reference, RequestId, SAMPLE_SHA } from '../shapes';
import { ReplayReport } from './replays';
import {
  TrainingRunCancelled,
  TrainingRunCompleted,
  TrainingRunFailed,
  TrainingRunRejected,
  TrainingRunStarted,
} from '../training/runs';

/** What the registry decides about: `registry.inputs` alone is folded, one partition, one total order. */
const input = { version: 1, topic: 'registry.inputs', owner: 'registry' } as const;

/** Rules of promotion and approval; an input, so that folding it again gives the same. */
const Rules = Type.Optional(
  Type.Integer({
    minimum: 1,
    description:
      'rules that it is decided by: from 2 on a version must have been checked, and decisions name their evidence; 1 without it',
  }),
);

const DefinitionSubmitted = Type.Object({
  kind: KindName,
  name: Type.String(),
  spec: Type.Record(Type.String(), Type.Unknown(), { description: 'with defaults applied' }),
});

export const DefinitionsSubmitted = defineEvent({
  ...input,
  type: 'registry.input.definitions-submitted',
  key: 'definitions',
  meaning: 'Somebody asks that these definitions hold; those that are as they were change nothing.',
  schema: Type.Object({
    request: RequestId,
    actor: Actor,
    engine: Type.String({
      description:
        'version of the feature engine that digests are made with; an input, so that folding it again gives the same',
    }),
    definitions: Type.Array(DefinitionSubmitted, { minItems: 1 }),
  }),
  sample: {
    request: '0198c0de-0001',
    actor: 'ada',
    engine: '1',
    definitions: [
      {
        kind: 'Label',
        name: 'fraud',
        spec: { stream: 'fraud-labels', on: 'transaction_id', value: 'is_fraud', maturity: '7d' },
      },
    ],
  },
});

export const TrainingSubmitted = defineEvent({
  ...input,
  type: 'registry.input.training-submitted',
  key: 'model',
  meaning: 'Somebody asks for a training run of a model.',
  schema: Type.Object({
    request: RequestId,
    actor: Actor,
    model: Type.String(),
    as_of: Type.Optional(
      Type.String({
        description: 'train on what was known then: RFC 3339 or offsets, as in the request; now by default',
      }),
    ),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 4294967295, description: "the model's own by default" }),
    ),
    cause: Type.Optional(Cause),
    imported: Type.Optional(ImportedModel),
  }),
  sample: {
    request: '0198c0de-0002',
    actor: 'ada',
    model: 'fraud',
    as_of: '2018-05-06T00:00:00.000Z',
    seed: 0,
  },
});

export const CancellationSubmitted = defineEvent({
  ...input,
  type: 'registry.input.cancellation-submitted',
  key: 'run',
  meaning: 'Somebody asks that a run ends before it is done.',
  schema: Type.Object({ request: RequestId, actor: Actor, run: Type.String() }),
  sample: { request: '0198c0de-0003', actor: 'ada', run: 'run-0-12' },
});

export const PromotionSubmitted = defineEvent({
  ...input,
  type: 'registry.input.promotion-submitted',
  key: 'model',
  meaning: 'Somebody asks that an alias names this version.',
  schema: Type.Object({
    request: RequestId,
    actor: Actor,
    model: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    alias: Type.String(),
    rules: Rules,
  }),
  sample: { request: '0198c0de-0004', actor: 'ada', model: 'fraud', version: 3, alias: 'champion', rules: 2 },
});

export const RollbackSubmitted = defineEvent({
  ...input,
  type: 'registry.input.rollback-submitted',
  key: 'model',
  meaning: 'Somebody asks that an alias names the version it named before.',
  schema: Type.Object({ request: RequestId, actor: Actor, model: Type.String(), alias: Type.String() }),
  sample: { request: '0198c0de-0005', actor: 'ada', model: 'fraud', alias: 'champion' },
});

export const ReviewSubmitted = defineEvent({
  ...input,
  type: 'registry.input.review-submitted',
  key: 'model',
  meaning: 'Somebody approves or rejects a version.',
  schema: Type.Object({
    request: RequestId,
    actor: Actor,
    model: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    verdict: Type.Enum(['approved', 'rejected']),
    comment: Type.Optional(Type.String()),
    rules: Rules,
  }),
  sample: {
    request: '0198c0de-0006',
    actor: 'grace',
    model: 'fraud',
    version: 3,
    verdict: 'approved',
    rules: 2,
  },
});

export const ReplaySubmitted = defineEvent({
  ...input,
  type: 'registry.input.replay-submitted',
  key: 'subject',
  meaning: 'Somebody has played something of the past again and says what came out.',
  schema: Type.Object({ request: RequestId, actor: Actor, ...ReplayReport.properties }),
  sample: {
    request: '0198c0de-0007',
    actor: 'ada',
    replay: 'verify-20260101T120000-a1b2c3',
    kind: 'verify',
    subject: 'fraud',
    ok: true,
    summary: { records: 1745590, bitExact: 1745590, withinTolerance: 0, diverged: 0 },
    report: SAMPLE_SHA.manifest,
    seconds: 24.5,
  },
});

const reported = <T extends string, S extends TSchema>(type: T, fact: S) =>
  Type.Object({ reference: Reference, type: Type.Literal(type), fact });

/** The facts of `training.runs` that the registry takes over; `fact` is the value as training wrote it. */
export const RunReported = defineEvent({
  ...input,
  type: 'registry.input.run-reported',
  key: 'run',
  meaning:
    'What training said about a run, routed from `training.runs`; ce_id and ce_source name the position there.',
  schema: Type.Union([
    reported('training.run.started', TrainingRunStarted.schema),
    reported('training.run.completed', TrainingRunCompleted.schema),
    reported('training.run.failed', TrainingRunFailed.schema),
    reported('training.run.cancelled', TrainingRunCancelled.schema),
    reported('training.run.rejected', TrainingRunRejected.schema),
  ]),
  sample: {
    reference: 'training.runs:0-4',
    type: 'training.run.completed',
    fact: TrainingRunCompleted.sample,
  },
});

/** The facts of `feature.revisions`, taken over as they stand there. */
export const RevisionReported = defineEvent({
  ...input,
  type: 'registry.input.revision-reported',
  key: 'service',
  meaning:
    'What feature said about a revision that is warmed up, routed from `feature.revisions`; ce_id and ce_source name the position there.',
  schema: Type.Object({ reference: Reference, fact: RevisionWarmed.schema }),
  sample: { reference: 'feature.revisions:0-7', fact: RevisionWarmed.sample },
});

/** The facts of `monitoring.rollouts`, taken over as they stand there. */
export const RolloutReported = defineEvent({
  ...input,
  type: 'registry.input.rollout-reported',
  key: 'deployment',
  meaning:
    'What monitoring said of a rollout or of the arms of a bandit, routed from `monitoring.rollouts`; ce_id and ce_source name the position there.',
  schema: Type.Union([
    reported('monitoring.rollout.judged', RolloutJudged.schema),
    reported('monitoring.experiment.measured', ExperimentMeasured.schema),
  ]),
  sample: {
    reference: 'monitoring.rollouts:0-4',
    type: 'monitoring.rollout.judged',
    fact: RolloutJudged.sample,
  },
});

export const RolloutSubmitted = defineEvent({
  ...input,
  type: 'registry.input.rollout-submitted',
  key: 'deployment',
  meaning: 'Somebody pauses or resumes a rollout, brings it to its end at once, or takes it back.',
  schema: Type.Object({
    request: RequestId,
    actor: Actor,
    deployment: Type.String(),
    action: Type.Enum(['pause', 'resume', 'promote', 'abort']),
    comment: Type.Optional(Type.String()),
  }),
  sample: { request: '0198c0de-0012', actor: 'ada', deployment: 'fraud', action: 'abort' },
});
