import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import {
  Actor,
  Cause,
  Command,
  Evaluate,
  Gate,
  ImportedModel,
  LabelReference,
  Parameters,
  RequestId,
  Search,
  Revision,
  ServiceReference,
  Sha,
  TaskName,
  SAMPLE_LABEL,
  SAMPLE_SERVICE,
  SAMPLE_SHA,
} from '../shapes';

/** What the registry asks of feature and training, and what it refuses. */
const fact = { version: 1, topic: 'registry.requests', owner: 'registry' } as const;

const History = Type.Optional(
  Type.Integer({
    minimum: 1,
    description: 'rows older than so long before the newest labelled one are left out; none without it',
  }),
);

export const TrainingRequested = defineEvent({
  ...fact,
  type: 'registry.training.requested',
  key: 'run',
  meaning: 'Build this data set and fit this model: everything that decides the result is said here.',
  schema: Type.Object({
    run: Type.String({ description: '`run-<position in registry.inputs>`' }),
    model: Type.String(),
    revision: Revision,
    definition: Sha('digest of the model definition'),
    task: TaskName,
    service: ServiceReference,
    label: LabelReference,
    query: Type.Optional(
      Type.String({ description: 'ranking: the feature or entity field whose equal values are one query' }),
    ),
    split: Type.Union([
      Type.Object({
        by: Type.Literal('time'),
        holdout_ms: Type.Integer({
          minimum: 0,
          description: 'the last stretch of event time, kept for judging',
        }),
        gap_ms: Type.Integer({ minimum: 0, description: 'left out before the hold-out' }),
        history_ms: History,
      }),
      Type.Object({
        by: Type.Enum(['entity', 'random']),
        holdout: Type.Number({
          description: 'share that is kept for judging, by a hash of entity or event id',
        }),
        seed: Type.Integer({ minimum: 0, maximum: 4294967295 }),
        history_ms: History,
      }),
    ]),
    trainer: Type.Object({
      kind: Type.String(),
      parameters: Parameters,
      search: Type.Optional(Search),
      command: Type.Optional(Command),
      imported: Type.Optional(ImportedModel),
    }),
    evaluate: Type.Optional(Evaluate),
    seed: Type.Integer({ minimum: 0, maximum: 4294967295 }),
    as_of: Type.Optional(
      Type.String({
        description:
          'only what was known then: RFC 3339, or offsets as `p:offset,...` (of the vectors) or `vectors=p:offset,...;labels=p:offset,...`; what stands on the log when it is built, by default',
      }),
    ),
    gates: Type.Array(Gate),
    against: Type.Optional(
      Type.Array(
        Type.Object({
          alias: Type.String(),
          version: Type.Integer({ minimum: 1 }),
          artifact: Sha('the ONNX file'),
          revision: Revision,
          features: Type.Array(Type.String()),
        }),
        { description: 'the versions that gates compare with, as the aliases were when it was asked for' },
      ),
    ),
    cause: Type.Optional(Cause),
    requested_by: Actor,
  }),
  sample: {
    run: 'run-0-12',
    model: 'fraud',
    revision: '1',
    definition: SAMPLE_SHA.definition,
    task: 'binary',
    service: SAMPLE_SERVICE,
    label: SAMPLE_LABEL,
    split: { by: 'time', holdout_ms: 604_800_000, gap_ms: 604_800_000 },
    trainer: { kind: 'gbdt', parameters: { trees: 100, depth: 6 } },
    seed: 0,
    gates: [{ metric: 'average_precision', min: 0.1 }],
    requested_by: 'ada',
  },
});

export const CancellationRequested = defineEvent({
  ...fact,
  type: 'registry.cancellation.requested',
  key: 'run',
  meaning: 'End this run before it is done.',
  schema: Type.Object({ run: Type.String(), model: Type.String(), requested_by: Actor }),
  sample: { run: 'run-0-12', model: 'fraud', requested_by: 'ada' },
});

export const CommandRefused = defineEvent({
  ...fact,
  type: 'registry.command.refused',
  key: 'request',
  meaning: 'A request does not fit what holds; nothing changed.',
  schema: Type.Object({
    request: RequestId,
    actor: Actor,
    command: Type.String({ description: 'type of the input' }),
    code: Type.String(),
    message: Type.String(),
  }),
  sample: {
    request: '0198c0de-0004',
    actor: 'ada',
    command: 'registry.input.promotion-submitted',
    code: 'PLAYHEAD_CONFLICT',
    message: 'fraud@3 did not pass its gates: average_precision is 0.08, at least 0.1 is wanted',
  },
});
