import type {
  Experiment,
  LoggedModel,
  ModelMetric,
  RegisteredModel,
  RegisteredVersion,
  TrackedRun,
} from '../domain/entities';
import type { Column, Dialect } from './filter';
import type { Lookup, Value } from './match';

const attributes = (texts: readonly string[], numbers: readonly string[] = []): Dialect['attributes'] =>
  new Map([
    ...texts.map((name) => [name, 'text'] as const),
    ...numbers.map((name) => [name, 'number'] as const),
  ]);

export const RUNS: Dialect = {
  attributes: attributes(
    ['run_id', 'run_name', 'experiment_id', 'user_id', 'status', 'artifact_uri', 'lifecycle_stage'],
    ['start_time', 'end_time'],
  ),
  aliases: new Map([
    ['created', 'start_time'],
    ['Created', 'start_time'],
    ['run name', 'run_name'],
    ['Run name', 'run_name'],
    ['Run Name', 'run_name'],
  ]),
  kinds: ['attribute', 'metric', 'param', 'tag', 'dataset'],
};

const DATASET_CONTEXT = 'mlflow.data.context';

export const lookupInRun =
  (run: TrackedRun): Lookup =>
  ({ kind, key }: Column) => {
    switch (kind) {
      case 'metric':
        return run.metrics.get(key)?.latest.value;
      case 'param':
        return run.params.get(key);
      case 'tag':
        return run.tags.get(key);
      case 'dataset':
        return run.datasets.flatMap((dataset): string[] => {
          if (key === 'name') return [dataset.name];
          if (key === 'digest') return [dataset.digest];
          return dataset.tags[DATASET_CONTEXT] === undefined ? [] : [dataset.tags[DATASET_CONTEXT]];
        });
      case 'attribute':
        return attributeOf<Value | undefined>(key, {
          run_id: run.id,
          run_name: run.name,
          experiment_id: run.experiment,
          user_id: run.user,
          status: run.status,
          artifact_uri: run.artifacts,
          lifecycle_stage: run.stage,
          start_time: run.started,
          end_time: run.ended,
        });
    }
  };

export const EXPERIMENTS: Dialect = {
  attributes: attributes(['name'], ['experiment_id', 'creation_time', 'last_update_time']),
  kinds: ['attribute', 'tag'],
};

/** In filters an experiment's id is a text; in an order it is a number. */
export const EXPERIMENT_FILTERS: Dialect = {
  ...EXPERIMENTS,
  attributes: attributes(['name', 'experiment_id'], ['creation_time', 'last_update_time']),
};

export const lookupInExperiment =
  (experiment: Experiment, idAsNumber = false): Lookup =>
  ({ kind, key }) =>
    kind === 'tag'
      ? experiment.tags.get(key)
      : attributeOf<Value>(key, {
          name: experiment.name,
          experiment_id: idAsNumber ? Number(experiment.id) : experiment.id,
          creation_time: experiment.created,
          last_update_time: experiment.updated,
        });

export const MODELS: Dialect = {
  attributes: attributes(['name'], ['creation_timestamp', 'last_updated_timestamp']),
  aliases: new Map([['timestamp', 'last_updated_timestamp']]),
  kinds: ['attribute', 'tag'],
};

export const lookupInModel =
  (model: RegisteredModel): Lookup =>
  ({ kind, key }) =>
    kind === 'tag'
      ? withoutPrompt(key, model.tags.get(key))
      : attributeOf<Value>(key, {
          name: model.name,
          creation_timestamp: model.created,
          last_updated_timestamp: model.updated,
        });

export const VERSIONS: Dialect = {
  attributes: attributes(
    ['name', 'run_id', 'source_path'],
    ['version_number', 'creation_timestamp', 'last_updated_timestamp'],
  ),
  kinds: ['attribute', 'tag'],
};

export const lookupInVersion =
  (version: RegisteredVersion): Lookup =>
  ({ kind, key }) =>
    kind === 'tag'
      ? withoutPrompt(key, version.tags.get(key))
      : attributeOf<Value | undefined>(key, {
          name: version.model,
          run_id: version.run,
          source_path: version.source,
          version_number: version.version,
          creation_timestamp: version.created,
          last_updated_timestamp: version.updated,
        });

/** Clients ask for models that are no prompts by this tag, which models do not have. */
const withoutPrompt = (key: string, value: string | undefined): string | undefined =>
  key === 'mlflow.prompt.is_prompt' ? (value ?? 'false') : value;

export const LOGGED_MODELS: Dialect = {
  attributes: attributes(
    ['name', 'model_id', 'model_type', 'status', 'source_run_id', 'experiment_id'],
    ['creation_timestamp', 'last_updated_timestamp'],
  ),
  aliases: new Map([
    ['creation_time', 'creation_timestamp'],
    ['creation_timestamp_ms', 'creation_timestamp'],
    ['last_updated_time', 'last_updated_timestamp'],
    ['last_updated_timestamp_ms', 'last_updated_timestamp'],
  ]),
  kinds: ['attribute', 'metric', 'param', 'tag'],
};

export const lookupInLoggedModel =
  (model: LoggedModel, metrics: readonly ModelMetric[]): Lookup =>
  ({ kind, key }) => {
    switch (kind) {
      case 'metric': {
        const values = metrics.filter((metric) => metric.key === key).map(({ value }) => value);
        return values.length === 0 ? undefined : values;
      }
      case 'param':
        return model.params.get(key);
      case 'tag':
        return model.tags.get(key);
      default:
        return attributeOf<Value | undefined>(key, {
          name: model.name,
          model_id: model.id,
          model_type: model.type,
          status: model.status.replace('LOGGED_MODEL_', ''),
          source_run_id: model.run,
          experiment_id: model.experiment,
          creation_timestamp: model.created,
          last_updated_timestamp: model.updated,
        });
    }
  };

const attributeOf = <V>(key: string, values: Readonly<Record<string, V>>): V | undefined =>
  Object.hasOwn(values, key) ? values[key] : undefined;
