import { randomUUID } from 'node:crypto';
import { Body, Inject, Query } from '@nestjs/common';
import { CLOCK } from '#runtime';
import type { Clock } from '#kernel';
import { Catalog } from '../catalog';
import type { TrackedRun } from '../domain/entities';
import { encodeNumber, type FactOf } from '../domain/facts';
import { invalid } from '../domain/refusal';
import { nameFor } from '../domain/run-name';
import { RUN_NAME_TAG } from '../domain/runs';
import { RUNS, lookupInRun } from '../search/dialects';
import { parseOrder } from '../search/order';
import { TrackingLog } from '../tracking-log';
import { Arguments } from './arguments';
import { API, Call, MlflowController } from './doors';
import { viewOf } from './experiments.controller';
import { requireBatch, requireKey, runParams, runTags, uniqueParams } from './limits';
import { searchIn, type Searched } from './search';
import { runInfoMessage, runMessage } from './wire';

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
const SEARCHED: Searched<TrackedRun> = {
  dialect: RUNS,
  lookup: lookupInRun,
  defaultOrder: ['attributes.start_time DESC', 'attributes.run_id'].map((text) => parseOrder(text, RUNS)),
  usualPage: 1_000,
  mostPage: 50_000,
};

@MlflowController(`${API}/runs`)
export class TrackedRunsController {
  constructor(
    @Inject(TrackingLog) private readonly tracking: TrackingLog,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Call('POST', 'create', 'begin a run')
  async create(@Body() body: unknown) {
    const given = new Arguments(body);
    const experiment = this.catalog.activeExperiment(given.optionalText('experiment_id') || '0');
    const run = randomUUID().replaceAll('-', '');
    const tags = runTags(given.pairs('tags'));
    await this.tracking.submit({
      type: 'run-created',
      value: {
        run,
        experiment: experiment.id,
        artifacts: `${experiment.artifacts}/${run}/artifacts`,
        name: nameOf(given.optionalText('run_name'), tags[RUN_NAME_TAG]) ?? nameFor(run),
        user: given.optionalText('user_id') || 'unknown',
        started: given.integer('start_time') ?? this.clock.now(),
        tags,
      },
    });
    return { run: runMessage(this.catalog.run(run)) };
  }

  @Call('GET', 'get', 'one run')
  get(@Query() query: unknown) {
    return { run: runMessage(this.catalog.run(new Arguments(query).run())) };
  }

  @Call('POST', 'update', 'set status, end and name of a run')
  async update(@Body() body: unknown) {
    const given = new Arguments(body);
    const run = given.run();
    const status = given.oneOf('status', STATUSES);
    const ended = given.integer('end_time');
    const name = given.optionalText('run_name');
    await this.change(run, {
      ...(status && { status }),
      ...(ended !== undefined && { ended }),
      ...(name && { name }),
    });
    return { run_info: runInfoMessage(this.catalog.run(run)) };
  }

  @Call('POST', 'delete', 'delete a run; it can be restored')
  delete(@Body() body: unknown) {
    return this.change(new Arguments(body).run(), { stage: 'deleted' });
  }

  @Call('POST', 'restore', 'restore a deleted run')
  restore(@Body() body: unknown) {
    return this.change(new Arguments(body).run(), { stage: 'active' });
  }

  @Call('POST', 'search', 'runs of experiments by filter, in order, page by page')
  search(@Body() body: unknown) {
    const given = new Arguments(body);
    const { entities, next } = searchIn(given, SEARCHED, () => {
      const view = viewOf(given, 'run_view_type');
      const experiments = new Set(given.texts('experiment_ids'));
      return [...experiments].flatMap((experiment) => this.catalog.runsOf(experiment)).filter(view);
    });
    return { runs: entities.map(runMessage), next_page_token: next };
  }

  @Call('POST', 'log-batch', 'log metrics, parameters and tags of a run: all or none')
  logBatch(@Body() body: unknown) {
    const given = new Arguments(body);
    const metrics = given.objects('metrics');
    const params = given.objects('params');
    const tags = given.objects('tags');
    requireBatch(metrics.length, params.length, tags.length);
    return this.log(given, {
      ...(metrics.length > 0 && { metrics: metrics.map(metricOf) }),
      ...(params.length > 0 && { params: uniqueParams(params) }),
      ...(tags.length > 0 && { tags: runTags(given.pairs('tags')) }),
    });
  }

  @Call('POST', 'log-metric', 'log one value of a metric')
  logMetric(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.log(given, { metrics: [metricOf(given)] });
  }

  @Call('POST', 'log-parameter', 'log one parameter')
  logParameter(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.log(given, { params: runParams({ [given.text('key')]: given.optionalText('value') ?? '' }) });
  }

  @Call('POST', 'set-tag', 'tag a run')
  setTag(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.log(given, { tags: runTags({ [given.text('key')]: given.optionalText('value') ?? '' }) });
  }

  @Call('POST', 'delete-tag', 'take a tag away')
  deleteTag(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.log(given, { tags: { [given.text('key')]: null } });
  }

  @Call('POST', 'log-inputs', 'say which data sets and models a run read')
  logInputs(@Body() body: unknown) {
    const given = new Arguments(body);
    const models = given.objects('models').map((model) => model.text('model_id'));
    return this.log(given, {
      datasets: given.objects('datasets').map(datasetOf),
      ...(models.length > 0 && { model_inputs: models }),
    });
  }

  @Call('POST', 'outputs', 'say which models a run made')
  logOutputs(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.log(given, {
      model_outputs: given
        .objects('models')
        .map((model) => ({ model: model.text('model_id'), step: model.integer('step') ?? 0 })),
    });
  }

  @Call('POST', 'log-model', 'add a model to the history in the tags of a run')
  logModel(@Body() body: unknown) {
    const given = new Arguments(body);
    const text = given.text('model_json');
    return this.log(given, { logged_model: compact(text) });
  }

  private async change(run: string, what: Omit<FactOf<'run-changed'>, 'run'>): Promise<object> {
    this.catalog.requireRunOfClients(run);
    await this.tracking.submit({ type: 'run-changed', value: { run, ...what } });
    return {};
  }

  private async log(given: Arguments, what: Omit<FactOf<'batch-logged'>, 'run'>): Promise<object> {
    const run = given.run();
    this.catalog.requireRunOfClients(run);
    await this.tracking.submit({ type: 'batch-logged', value: { run, ...what } });
    return {};
  }
}

const nameOf = (argument: string | undefined, tag: string | undefined): string | undefined => {
  if (argument && tag && argument !== tag)
    throw invalid(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${argument}', mlflow.runName='${tag}').`,
    );
  return argument || tag || undefined;
};

const metricOf = (given: Arguments): NonNullable<FactOf<'batch-logged'>['metrics']>[number] => {
  const time = given.integer('timestamp');
  if (time === undefined) throw invalid("Missing value for required parameter 'timestamp'.");
  const model = given.optionalText('model_id');
  const dataset = given.optionalText('dataset_name');
  const digest = given.optionalText('dataset_digest');
  return {
    key: requireKey(given.text('key'), 'name'),
    value: encodeNumber(given.double('value')),
    time,
    step: given.integer('step') ?? 0,
    ...(model && { model }),
    ...(dataset && { dataset }),
    ...(digest && { digest }),
  };
};

const datasetOf = (given: Arguments): NonNullable<FactOf<'batch-logged'>['datasets']>[number] => {
  const dataset = given.object('dataset');
  const schema = dataset.optionalText('schema');
  const profile = dataset.optionalText('profile');
  return {
    name: dataset.text('name'),
    digest: dataset.text('digest'),
    source_type: dataset.text('source_type'),
    source: dataset.text('source'),
    ...(schema !== undefined && { schema }),
    ...(profile !== undefined && { profile }),
    tags: given.pairs('tags'),
  };
};

const compact = (json: string): string => {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    throw invalid(`Malformed model info. \n ${json.slice(0, 200)} \n is not a valid JSON.`);
  }
};
