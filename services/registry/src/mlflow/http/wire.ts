import type {
  Experiment,
  LoggedModel,
  ModelMetric,
  RegisteredModel,
  RegisteredVersion,
  RunDataset,
  Texts,
  TrackedRun,
} from '../domain/entities';
import { encodeNumber } from '../domain/facts';
import type { MetricPoint } from '../domain/metric-series';

/** Entities as MLflow's protocol buffers spell them in JSON. */

const pairs = (texts: Texts): { key: string; value: string }[] =>
  [...texts].map(([key, value]) => ({ key, value }));

export const experimentMessage = (experiment: Experiment) => ({
  experiment_id: experiment.id,
  name: experiment.name,
  artifact_location: experiment.artifacts,
  lifecycle_stage: experiment.stage,
  creation_time: experiment.created,
  last_update_time: experiment.updated,
  tags: pairs(experiment.tags),
});

export const metricMessage = (key: string, { value, step, time }: MetricPoint) => ({
  key,
  value: encodeNumber(value),
  timestamp: time,
  step,
});

export const runInfoMessage = (run: TrackedRun) => ({
  run_id: run.id,
  run_uuid: run.id,
  run_name: run.name,
  experiment_id: run.experiment,
  user_id: run.user,
  status: run.status,
  start_time: run.started,
  ...(run.ended !== undefined && { end_time: run.ended }),
  artifact_uri: run.artifacts,
  lifecycle_stage: run.stage,
});

export const runMessage = (run: TrackedRun) => ({
  info: runInfoMessage(run),
  data: {
    metrics: [...run.metrics].map(([key, series]) => metricMessage(key, series.latest)),
    params: pairs(run.params),
    tags: pairs(run.tags),
  },
  inputs: {
    dataset_inputs: run.datasets.map(datasetMessage),
    model_inputs: run.modelInputs.map((model) => ({ model_id: model })),
  },
  outputs: { model_outputs: run.modelOutputs.map(({ model, step }) => ({ model_id: model, step })) },
});

const datasetMessage = ({ tags, ...dataset }: RunDataset) => ({
  tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  dataset,
});

const modelMetricMessage = (
  { key, value, step, time, run, dataset, digest }: ModelMetric,
  model: string,
) => ({
  ...metricMessage(key, { value, step, time }),
  run_id: run,
  model_id: model,
  ...(dataset !== undefined && { dataset_name: dataset }),
  ...(digest !== undefined && { dataset_digest: digest }),
});

export const loggedModelMessage = (
  model: LoggedModel,
  metrics: readonly ModelMetric[],
  versions: readonly RegisteredVersion[],
) => {
  const registrations = versions.map(({ model: name, version }) => ({ name, version: String(version) }));
  const tags = pairs(model.tags);
  if (registrations.length > 0)
    tags.push({ key: 'mlflow.modelVersions', value: JSON.stringify(registrations) });
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experiment,
      name: model.name,
      creation_timestamp_ms: model.created,
      last_updated_timestamp_ms: model.updated,
      artifact_uri: model.artifacts,
      status: model.status,
      ...(model.type !== undefined && { model_type: model.type }),
      ...(model.run !== undefined && { source_run_id: model.run }),
      tags,
      registrations,
    },
    data: {
      params: pairs(model.params),
      metrics: metrics.map((metric) => modelMetricMessage(metric, model.id)),
    },
  };
};

export const versionMessage = (
  version: RegisteredVersion,
  aliases: ReadonlyMap<string, number>,
  logged?: { readonly model: LoggedModel; readonly metrics: readonly ModelMetric[] },
) => ({
  name: version.model,
  version: String(version.version),
  creation_timestamp: version.created,
  last_updated_timestamp: version.updated,
  current_stage: version.stage,
  description: version.description,
  source: version.source,
  ...(version.run !== undefined && { run_id: version.run }),
  ...(version.runLink !== undefined && { run_link: version.runLink }),
  ...(version.loggedModel !== undefined && { model_id: version.loggedModel }),
  status: 'READY',
  tags: pairs(version.tags),
  aliases: [...aliases].filter(([, number]) => number === version.version).map(([alias]) => alias),
  ...(logged && {
    model_params: [...logged.model.params].map(([name, value]) => ({ name, value })),
    model_metrics: logged.metrics.map((metric) => modelMetricMessage(metric, logged.model.id)),
  }),
});

export const modelMessage = (model: RegisteredModel) => ({
  name: model.name,
  creation_timestamp: model.created,
  last_updated_timestamp: model.updated,
  description: model.description,
  latest_versions: latestByStage(model).map((version) => versionMessage(version, model.aliases)),
  tags: pairs(model.tags),
  aliases: [...model.aliases].map(([alias, version]) => ({ alias, version: String(version) })),
});

/** The greatest version of each stage. */
export const latestByStage = ({ versions }: RegisteredModel): RegisteredVersion[] => {
  const latest = new Map<string, RegisteredVersion>();
  for (const version of versions.values()) {
    const known = latest.get(version.stage);
    if (!known || known.version < version.version) latest.set(version.stage, version);
  }
  return [...latest.values()];
};
