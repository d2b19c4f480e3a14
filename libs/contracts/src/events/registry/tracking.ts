import { Type, type TObject } from 'typebox';
import { defineEvent, type EventContract } from '../../define-event';
import { Sha, SAMPLE_SHA } from '../shapes';

/**
 * What clients log and register over the MLflow REST API. Partition 0 has experiments and registered models, whose names need one total
 * order; all that belongs to a run, a logged model or a folder of artifacts lies in the partition of its id. A fact says what a client
 * asked for: where two contradict (the same name, another value of a parameter), the first on the log counts and the other changes nothing.
 */

const Time = (meaning: string) => Type.Integer({ minimum: 0, description: `${meaning}, epoch ms` });
const Tags = Type.Record(Type.String(), Type.String());
/** A null takes the tag away. */
const TagChanges = Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]));
const Stage = Type.Enum(['active', 'deleted']);
const At = Time('when the door took it');
const Run = Type.String({ description: 'run id' });
const LoggedModel = Type.String({ description: 'id of a logged model' });

/** A number, or how JSON for MLflow spells one that is not finite. */
const MetricValue = Type.Union([Type.Number(), Type.Enum(['NaN', 'Infinity', '-Infinity'])]);

const tracking = <S extends TObject>(
  contract: Pick<EventContract<S>, 'type' | 'key' | 'meaning' | 'schema' | 'sample'>,
): EventContract<S> =>
  defineEvent({ ...contract, version: 1, topic: 'registry.tracking', owner: 'registry' });

export const TrackedExperimentCreated = tracking({
  type: 'registry.experiment.created',
  key: 'name',
  meaning: 'A client created an experiment; its id is its number in this order.',
  schema: Type.Object({
    name: Type.String(),
    artifact_location: Type.Optional(Type.String({ description: 'where its own proxy store is not wanted' })),
    tags: Tags,
    at: At,
  }),
  sample: { name: 'churn', tags: { team: 'growth' }, at: 1767225600000 },
});

export const TrackedExperimentChanged = tracking({
  type: 'registry.experiment.changed',
  key: 'experiment',
  meaning: 'A client renamed, deleted, restored or tagged an experiment.',
  schema: Type.Object({
    experiment: Type.String({ description: 'experiment id' }),
    name: Type.Optional(Type.String()),
    stage: Type.Optional(Stage),
    tags: Type.Optional(TagChanges),
    at: At,
  }),
  sample: { experiment: '1', name: 'churn-2026', at: 1767225600000 },
});

export const TrackedModelCreated = tracking({
  type: 'registry.registered-model.created',
  key: 'name',
  meaning: 'A client created a registered model of its own (not one that Playhead trains).',
  schema: Type.Object({ name: Type.String(), description: Type.String(), tags: Tags, at: At }),
  sample: { name: 'churn', description: '', tags: {}, at: 1767225600000 },
});

export const TrackedModelChanged = tracking({
  type: 'registry.registered-model.changed',
  key: 'name',
  meaning: 'A client renamed, described, tagged or deleted a registered model, or moved its aliases.',
  schema: Type.Object({
    name: Type.String(),
    new_name: Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    tags: Type.Optional(TagChanges),
    aliases: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]), {
        description: 'version by alias; null takes the alias away',
      }),
    ),
    deleted: Type.Optional(Type.Literal(true)),
    at: At,
  }),
  sample: { name: 'churn', aliases: { champion: 2 }, at: 1767225600000 },
});

export const TrackedVersionCreated = tracking({
  type: 'registry.registered-model.version-created',
  key: 'name',
  meaning: 'A client registered a version; its number is the next of the model in this order.',
  schema: Type.Object({
    name: Type.String(),
    source: Type.String({ description: 'URI of its artifacts, or models:/<id of a logged model>' }),
    run: Type.Optional(Run),
    run_link: Type.Optional(Type.String()),
    logged_model: Type.Optional(LoggedModel),
    description: Type.String(),
    tags: Tags,
    at: At,
  }),
  sample: {
    name: 'churn',
    source: 'models:/m-0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    run: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    logged_model: 'm-0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    description: '',
    tags: {},
    at: 1767225600000,
  },
});

export const TrackedVersionChanged = tracking({
  type: 'registry.registered-model.version-changed',
  key: 'name',
  meaning: 'A client described, tagged, staged or deleted a version.',
  schema: Type.Object({
    name: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    description: Type.Optional(Type.String()),
    tags: Type.Optional(TagChanges),
    stage: Type.Optional(Type.Enum(['None', 'Staging', 'Production', 'Archived'])),
    archive_others: Type.Optional(
      Type.Boolean({ description: 'versions that are in that stage are archived' }),
    ),
    deleted: Type.Optional(Type.Literal(true)),
    at: At,
  }),
  sample: { name: 'churn', version: 2, stage: 'Staging', archive_others: true, at: 1767225600000 },
});

export const TrackedRunCreated = tracking({
  type: 'registry.tracking.run-created',
  key: 'run',
  meaning: 'A client began a run.',
  schema: Type.Object({
    run: Run,
    experiment: Type.String({ description: 'experiment id' }),
    artifacts: Type.String({ description: 'URI of its artifacts' }),
    name: Type.String(),
    user: Type.String(),
    started: Time('as the client says'),
    tags: Tags,
  }),
  sample: {
    run: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    experiment: '1',
    artifacts: 'mlflow-artifacts:/1/0a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts',
    name: 'calm-heron-207',
    user: 'ada',
    started: 1767225600000,
    tags: {},
  },
});

export const TrackedRunChanged = tracking({
  type: 'registry.tracking.run-changed',
  key: 'run',
  meaning: 'A client ended, renamed, deleted or restored a run.',
  schema: Type.Object({
    run: Run,
    status: Type.Optional(Type.Enum(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'])),
    ended: Type.Optional(Time('as the client says')),
    name: Type.Optional(Type.String()),
    stage: Type.Optional(Stage),
  }),
  sample: { run: '0a1b2c3d4e5f60718293a4b5c6d7e8f9', status: 'FINISHED', ended: 1767225660000 },
});

const TrackedMetric = Type.Object({
  key: Type.String(),
  value: MetricValue,
  time: Type.Integer({ description: 'as the client says, epoch ms' }),
  step: Type.Integer(),
  model: Type.Optional(LoggedModel),
  dataset: Type.Optional(Type.String()),
  digest: Type.Optional(Type.String({ description: 'of that data set' })),
});

const TrackedDataset = Type.Object({
  name: Type.String(),
  digest: Type.String(),
  source_type: Type.String(),
  source: Type.String(),
  schema: Type.Optional(Type.String()),
  profile: Type.Optional(Type.String()),
  tags: Tags,
});

export const TrackedBatchLogged = tracking({
  type: 'registry.tracking.batch-logged',
  key: 'run',
  meaning:
    'A client logged metrics, parameters, tags, inputs or outputs of a run: all of it counts, or nothing.',
  schema: Type.Object({
    run: Run,
    metrics: Type.Optional(Type.Array(TrackedMetric)),
    params: Type.Optional(Tags),
    tags: Type.Optional(TagChanges),
    datasets: Type.Optional(Type.Array(TrackedDataset)),
    model_inputs: Type.Optional(Type.Array(LoggedModel)),
    model_outputs: Type.Optional(Type.Array(Type.Object({ model: LoggedModel, step: Type.Integer() }))),
    logged_model: Type.Optional(
      Type.String({ description: 'JSON that joins the list in the tag mlflow.log-model.history' }),
    ),
  }),
  sample: {
    run: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    metrics: [{ key: 'loss', value: 0.25, time: 1767225601000, step: 1 }],
    params: { depth: '6' },
  },
});

export const LoggedModelCreated = tracking({
  type: 'registry.tracking.logged-model-created',
  key: 'model',
  meaning: 'A client began to log a model: its files follow as artifacts.',
  schema: Type.Object({
    model: LoggedModel,
    experiment: Type.String({ description: 'experiment id' }),
    artifacts: Type.String({ description: 'URI of its artifacts' }),
    name: Type.String(),
    model_type: Type.Optional(Type.String()),
    run: Type.Optional(Run),
    params: Tags,
    tags: Tags,
    at: At,
  }),
  sample: {
    model: 'm-0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    experiment: '1',
    artifacts: 'mlflow-artifacts:/1/models/m-0a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts',
    name: 'model',
    run: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    params: {},
    tags: {},
    at: 1767225600000,
  },
});

export const LoggedModelChanged = tracking({
  type: 'registry.tracking.logged-model-changed',
  key: 'model',
  meaning: 'A client finished, tagged or deleted a logged model, or gave it parameters.',
  schema: Type.Object({
    model: LoggedModel,
    status: Type.Optional(
      Type.Enum(['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']),
    ),
    params: Type.Optional(Tags),
    tags: Type.Optional(TagChanges),
    deleted: Type.Optional(Type.Literal(true)),
    at: At,
  }),
  sample: { model: 'm-0a1b2c3d4e5f60718293a4b5c6d7e8f9', status: 'LOGGED_MODEL_READY', at: 1767225600000 },
});

export const TrackedArtifactLogged = tracking({
  type: 'registry.tracking.artifact-logged',
  key: 'folder',
  meaning: 'A client uploaded a file; its bytes lie in the artifact store.',
  schema: Type.Object({
    folder: Type.String({ description: 'of a run or a logged model, below mlflow-artifacts:/' }),
    path: Type.String({ description: 'in that folder' }),
    artifact: Sha('its bytes'),
    size: Type.Integer({ minimum: 0, description: 'bytes' }),
  }),
  sample: {
    folder: '1/0a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts',
    path: 'plots/roc.png',
    artifact: SAMPLE_SHA.artifact,
    size: 18273,
  },
});

export const TrackedArtifactDeleted = tracking({
  type: 'registry.tracking.artifact-deleted',
  key: 'folder',
  meaning: 'A client deleted a file, or a folder with all that was in it then.',
  schema: Type.Object({ folder: Type.String(), path: Type.String({ description: 'empty for everything' }) }),
  sample: { folder: '1/0a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts', path: 'plots' },
});
