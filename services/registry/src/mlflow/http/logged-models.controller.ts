import { randomUUID } from 'node:crypto';
import { Body, Inject, Param, Query } from '@nestjs/common';
import { CLOCK } from '#runtime';
import type { Clock } from '#kernel';
import { Catalog } from '../catalog';
import { safePath } from '../domain/artifact-folders';
import type { LoggedModel, ModelMetric } from '../domain/entities';
import type { FactOf } from '../domain/facts';
import { nameFor } from '../domain/run-name';
import { LOGGED_MODELS, lookupInLoggedModel } from '../search/dialects';
import { parseFilter } from '../search/filter';
import { matches, type Lookup } from '../search/match';
import { parseOrder, sortBy, type Order } from '../search/order';
import { pageOf, pageSize } from '../search/page';
import { TrackingLog } from '../tracking-log';
import { Arguments } from './arguments';
import { API, Call, MlflowController } from './doors';
import { requireLoggedModelName, runParams, runTags, uniqueParams } from './limits';
import { listingOf } from './listing';
import { loggedModelMessage } from './wire';

const USUAL_PAGE = 100;
const MOST_PAGE = 1_000;
const STATUSES = ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'] as const;
const DEFAULT_ORDER = ['creation_timestamp DESC', 'model_id'].map((text) => parseOrder(text, LOGGED_MODELS));

@MlflowController(`${API}/logged-models`)
export class LoggedModelsController {
  constructor(
    @Inject(TrackingLog) private readonly tracking: TrackingLog,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Call('POST', '', 'begin to log a model')
  async create(@Body() body: unknown) {
    const given = new Arguments(body);
    const experiment = this.catalog.activeExperiment(given.text('experiment_id'));
    const model = `m-${randomUUID().replaceAll('-', '')}`;
    const type = given.optionalText('model_type');
    const run = given.optionalText('source_run_id');
    await this.tracking.submit({
      type: 'logged-model-created',
      value: {
        model,
        experiment: experiment.id,
        artifacts: `${experiment.artifacts}/models/${model}/artifacts`,
        name: requireLoggedModelName(given.optionalText('name') || nameFor(model)),
        ...(type && { model_type: type }),
        ...(run && { run }),
        params: uniqueParams(given.objects('params')),
        tags: runTags(given.pairs('tags')),
        at: this.clock.now(),
      },
    });
    return this.get(model);
  }

  @Call('POST', 'search', 'logged models of experiments by filter, in order, page by page')
  search(@Body() body: unknown) {
    const given = new Arguments(body);
    const size = pageSize(given.integer('max_results'), USUAL_PAGE, MOST_PAGE);
    const clauses = parseFilter(given.optionalText('filter'), LOGGED_MODELS);
    const datasets = given.objects('datasets').map((dataset) => ({
      name: dataset.text('dataset_name'),
      digest: dataset.optionalText('dataset_digest'),
    }));
    const orders = given.objects('order_by').map((order): Order => {
      const { ascending, ...column } = parseOrder(order.text('field_name'), LOGGED_MODELS);
      return { ...column, ascending: order.optionalFlag('ascending') ?? ascending };
    });
    const onDatasets = (metrics: readonly ModelMetric[]): readonly ModelMetric[] =>
      datasets.length === 0
        ? metrics
        : metrics.filter(({ dataset, digest }) =>
            datasets.some((each) => each.name === dataset && (each.digest ?? digest) === digest),
          );
    const metricsOf = ({ id }: LoggedModel): readonly ModelMetric[] =>
      onDatasets(this.catalog.state.loggedModels.metricsOf(id));
    const found = given
      .texts('experiment_ids')
      .flatMap((experiment) => this.catalog.state.loggedModels.of(experiment))
      .filter((model) => {
        const metrics = metricsOf(model);
        return (
          (datasets.length === 0 || metrics.length > 0) &&
          matches(clauses, lookupInLoggedModel(model, metrics))
        );
      });
    const sorted = sortBy(found, [...orders, ...DEFAULT_ORDER], (model) =>
      firstOf(lookupInLoggedModel(model, metricsOf(model))),
    );
    const { entities, next } = pageOf(sorted, given.optionalText('page_token'), size);
    return { models: entities.map((model) => this.message(model)), next_page_token: next };
  }

  @Call('GET', ':model', 'one logged model')
  get(@Param('model') model: string) {
    return { model: this.message(this.catalog.loggedModel(model)) };
  }

  @Call('PATCH', ':model', 'say that a model is complete, or that its upload failed')
  async finalize(@Param('model') model: string, @Body() body: unknown) {
    const status = new Arguments(body).oneOf('status', STATUSES);
    await this.change(model, { ...(status && { status }) });
    return this.get(model);
  }

  @Call('DELETE', ':model', 'delete a logged model')
  delete(@Param('model') model: string) {
    return this.change(model, { deleted: true });
  }

  @Call('POST', ':model/params', 'give a logged model parameters')
  logParams(@Param('model') model: string, @Body() body: unknown) {
    return this.change(model, { params: runParams(new Arguments(body).pairs('params')) });
  }

  @Call('PATCH', ':model/tags', 'tag a logged model')
  async setTags(@Param('model') model: string, @Body() body: unknown) {
    await this.change(model, { tags: runTags(new Arguments(body).pairs('tags')) });
    return this.get(model);
  }

  @Call('DELETE', ':model/tags/:key', 'take a tag away')
  deleteTag(@Param('model') model: string, @Param('key') key: string) {
    return this.change(model, { tags: { [key]: null } });
  }

  @Call('GET', ':model/artifacts/directories', 'files of a logged model, one folder at a time')
  artifacts(@Param('model') model: string, @Query() query: unknown) {
    const path = safePath(new Arguments(query).optionalText('artifact_directory_path') ?? '');
    return listingOf(this.catalog, this.catalog.loggedModel(model).artifacts, path);
  }

  private message(model: LoggedModel) {
    const { loggedModels, names } = this.catalog.state;
    return loggedModelMessage(model, loggedModels.metricsOf(model.id), names.registrationsOf(model.id));
  }

  private async change(
    model: string,
    what: Omit<FactOf<'logged-model-changed'>, 'model' | 'at'>,
  ): Promise<object> {
    await this.tracking.submit({
      type: 'logged-model-changed',
      value: { model, ...what, at: this.clock.now() },
    });
    return {};
  }
}

/** Of several values of a metric, the first decides the order. */
const firstOf =
  (lookup: Lookup): Lookup =>
  (column) => {
    const found = lookup(column);
    return typeof found === 'object' ? found[0] : found;
  };
