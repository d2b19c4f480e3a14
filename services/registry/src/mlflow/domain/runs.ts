import { MetricSeries } from './metric-series';
import type { LifecycleStage, RunDataset, RunStatus, TrackedRun } from './entities';
import type { FactOf } from './facts';
import { DONE, refuse, sorted, type Outcome } from './outcome';

export const RUN_NAME_TAG = 'mlflow.runName';
export const LOGGED_MODELS_TAG = 'mlflow.log-model.history';

/** A run as the fold keeps it: changed in place, because a long one is logged to a million times. */
class Run implements TrackedRun {
  readonly id: string;
  readonly experiment: string;
  readonly artifacts: string;
  readonly user: string;
  readonly started: number;
  name: string;
  status: RunStatus = 'RUNNING';
  ended: number | undefined;
  stage: LifecycleStage = 'active';
  readonly metrics = new Map<string, MetricSeries>();
  readonly params = new Map<string, string>();
  readonly tags: Map<string, string>;
  readonly datasets: RunDataset[] = [];
  readonly modelInputs: string[] = [];
  readonly modelOutputs: { readonly model: string; readonly step: number }[] = [];

  constructor(fact: FactOf<'run-created'>) {
    this.id = fact.run;
    this.experiment = fact.experiment;
    this.artifacts = fact.artifacts;
    this.user = fact.user;
    this.started = fact.started;
    this.name = fact.name;
    this.tags = new Map(Object.entries(fact.tags));
    this.tags.set(RUN_NAME_TAG, fact.name);
  }
}

/** Runs of clients, each written from the partition of its id. */
export class Runs {
  private readonly byId = new Map<string, Run>();
  private readonly byExperiment = new Map<string, Run[]>();

  get(id: string): TrackedRun | undefined {
    return this.byId.get(id);
  }

  of(experiment: string): readonly TrackedRun[] {
    return this.byExperiment.get(experiment) ?? [];
  }

  create(fact: FactOf<'run-created'>): Outcome {
    if (this.byId.has(fact.run))
      return refuse('RESOURCE_ALREADY_EXISTS', `Run with id=${fact.run} already exists`);
    const run = new Run(fact);
    this.byId.set(run.id, run);
    const siblings = this.byExperiment.get(run.experiment);
    if (siblings) siblings.push(run);
    else this.byExperiment.set(run.experiment, [run]);
    return DONE;
  }

  change({ run: id, status, ended, name, stage }: FactOf<'run-changed'>): Outcome {
    const run = this.byId.get(id);
    if (!run) return noRun(id);
    if (stage === undefined && run.stage !== 'active') return notActive(run);
    if (status !== undefined) run.status = status;
    if (ended !== undefined) run.ended = ended;
    if (name !== undefined) {
      run.name = name;
      run.tags.set(RUN_NAME_TAG, name);
    }
    if (stage !== undefined) run.stage = stage;
    return DONE;
  }

  /** All of a batch or nothing: a parameter that has another value already refuses everything with it. */
  log(batch: FactOf<'batch-logged'>): Outcome {
    const run = this.byId.get(batch.run);
    if (!run) return noRun(batch.run);
    if (run.stage !== 'active') return notActive(run);
    const refusal = paramConflict(run, batch.params) ?? missingTag(run, batch.tags);
    if (refusal) return refusal;
    for (const [key, value] of Object.entries(batch.params ?? {})) run.params.set(key, value);
    for (const [key, value] of Object.entries(batch.tags ?? {})) setTag(run, key, value);
    for (const { key, value, step, time } of batch.metrics ?? []) {
      let series = run.metrics.get(key);
      if (!series) run.metrics.set(key, (series = new MetricSeries()));
      series.add({ value: Number(value), step, time });
    }
    for (const dataset of batch.datasets ?? []) addDataset(run, dataset);
    for (const model of batch.model_inputs ?? [])
      if (!run.modelInputs.includes(model)) run.modelInputs.push(model);
    for (const output of batch.model_outputs ?? []) {
      if (!run.modelOutputs.some(({ model, step }) => model === output.model && step === output.step))
        run.modelOutputs.push(output);
    }
    if (batch.logged_model !== undefined) addToHistory(run, batch.logged_model);
    return DONE;
  }

  *rows(): Generator<readonly [string, unknown]> {
    for (const run of this.byId.values()) {
      const { metrics, params, tags, ended, ...rest } = run;
      yield [
        `run ${run.id}`,
        {
          ...rest,
          ended: ended ?? null,
          params: sorted(params),
          tags: sorted(tags),
          metrics: sorted(metrics).map(([key, series]) => [
            key,
            series.length,
            String(series.latest.value),
            series.latest.step,
            series.latest.time,
          ]),
        },
      ];
    }
  }
}

const paramConflict = (run: Run, params: Readonly<Record<string, string>> = {}): Outcome | undefined => {
  for (const [key, value] of Object.entries(params)) {
    const known = run.params.get(key);
    if (known !== undefined && known !== value)
      return refuse(
        'INVALID_PARAMETER_VALUE',
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${known}' for run ID='${run.id}'. Attempted logging new value '${value}'.`,
      );
  }
  return undefined;
};

const missingTag = (run: Run, tags: Readonly<Record<string, string | null>> = {}): Outcome | undefined => {
  for (const [key, value] of Object.entries(tags))
    if (value === null && !run.tags.has(key))
      return refuse('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key} in run with id ${run.id}`);
  return undefined;
};

const setTag = (run: Run, key: string, value: string | null): void => {
  if (value === null) run.tags.delete(key);
  else run.tags.set(key, value);
  if (key === RUN_NAME_TAG && value !== null) run.name = value;
};

const addDataset = (run: Run, dataset: RunDataset): void => {
  const same = ({ name, digest }: RunDataset): boolean => name === dataset.name && digest === dataset.digest;
  if (!run.datasets.some(same)) run.datasets.push(dataset);
};

const addToHistory = (run: Run, model: string): void => {
  const history = run.tags.get(LOGGED_MODELS_TAG);
  run.tags.set(
    LOGGED_MODELS_TAG,
    history === undefined ? `[${model}]` : `${history.slice(0, -1)}, ${model}]`,
  );
};

const noRun = (id: string): Outcome => refuse('RESOURCE_DOES_NOT_EXIST', `Run with id=${id} not found`);

const notActive = ({ id, stage }: Run): Outcome =>
  refuse(
    'INVALID_PARAMETER_VALUE',
    `The run ${id} must be in the 'active' state. Current state is ${stage}.`,
  );
