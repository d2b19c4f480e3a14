import { Body, Inject, Query } from '@nestjs/common';
import { CLOCK } from '#runtime';
import type { Clock } from '#kernel';
import { Catalog } from '../catalog';
import type { Experiment } from '../domain/entities';
import type { FactOf } from '../domain/facts';
import { invalid } from '../domain/refusal';
import { EXPERIMENTS, EXPERIMENT_FILTERS, lookupInExperiment } from '../search/dialects';
import { parseFilter } from '../search/filter';
import { matches } from '../search/match';
import { parseOrder, sortBy } from '../search/order';
import { pageOf, pageSize } from '../search/page';
import { TrackingLog } from '../tracking-log';
import { Arguments } from './arguments';
import { API, Call, MlflowController } from './doors';
import { experimentTags, requireExperimentName, requireKey } from './limits';
import { experimentMessage } from './wire';

const USUAL_PAGE = 1_000;
const MOST_PAGE = 50_000;

@MlflowController(`${API}/experiments`)
export class ExperimentsController {
  constructor(
    @Inject(TrackingLog) private readonly tracking: TrackingLog,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Call('POST', 'create', 'create an experiment')
  async create(@Body() body: unknown) {
    const given = new Arguments(body);
    const name = requireExperimentName(given.text('name'));
    const location = given.optionalText('artifact_location');
    if (location?.startsWith('runs:'))
      throw invalid(`Artifact location cannot be a runs:/ URI. Given: '${location}'`);
    this.catalog.requireNewExperiment(name);
    const { given: id } = await this.tracking.submit({
      type: 'experiment-created',
      value: {
        name,
        ...(location && { artifact_location: location.replace(/\/+$/, '') }),
        tags: experimentTags(given.pairs('tags')),
        at: this.clock.now(),
      },
    });
    return { experiment_id: id };
  }

  @Call('GET', 'get', 'one experiment')
  get(@Query() query: unknown) {
    return {
      experiment: experimentMessage(this.catalog.experiment(new Arguments(query).text('experiment_id'))),
    };
  }

  @Call('GET', 'get-by-name', 'one experiment, deleted ones included')
  getByName(@Query() query: unknown) {
    return {
      experiment: experimentMessage(
        this.catalog.experimentNamed(new Arguments(query).text('experiment_name')),
      ),
    };
  }

  @Call('POST', 'search', 'experiments by filter, in order, page by page')
  search(@Body() body: unknown) {
    const given = new Arguments(body);
    const size = pageSize(given.integer('max_results'), USUAL_PAGE, MOST_PAGE);
    const clauses = parseFilter(given.optionalText('filter'), EXPERIMENT_FILTERS);
    const asked = given.texts('order_by').map((text) => parseOrder(text, EXPERIMENTS));
    const orders = asked.length > 0 ? asked : [parseOrder('creation_time DESC', EXPERIMENTS)];
    const view = viewOf(given);
    const found = this.catalog
      .experiments()
      .filter((each) => view(each) && matches(clauses, lookupInExperiment(each)));
    const sorted = sortBy(found, [...orders, parseOrder('experiment_id DESC', EXPERIMENTS)], (each) =>
      lookupInExperiment(each, true),
    );
    const { entities, next } = pageOf(sorted, given.optionalText('page_token'), size);
    return { experiments: entities.map(experimentMessage), next_page_token: next };
  }

  @Call('GET', 'search', 'the same, by query')
  searchByQuery(@Query() query: unknown) {
    return this.search(query);
  }

  @Call('POST', 'delete', 'delete an experiment with its runs; it can be restored')
  delete(@Body() body: unknown) {
    return this.change(new Arguments(body), { stage: 'deleted' });
  }

  @Call('POST', 'restore', 'restore a deleted experiment')
  restore(@Body() body: unknown) {
    return this.change(new Arguments(body), { stage: 'active' });
  }

  @Call('POST', 'update', 'rename an experiment')
  update(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.change(given, { name: requireExperimentName(given.text('new_name')) });
  }

  @Call('POST', 'set-experiment-tag', 'tag an experiment')
  setTag(@Body() body: unknown) {
    const given = new Arguments(body);
    const tags = experimentTags({ [given.text('key')]: given.optionalText('value') ?? '' });
    return this.change(given, { tags });
  }

  @Call('POST', 'delete-experiment-tag', 'take a tag away')
  deleteTag(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.change(given, { tags: { [requireKey(given.text('key'), 'key')]: null } });
  }

  private async change(
    given: Arguments,
    what: Omit<FactOf<'experiment-changed'>, 'experiment' | 'at'>,
  ): Promise<object> {
    const experiment = given.text('experiment_id');
    this.catalog.requireOfClients(experiment);
    await this.tracking.submit({
      type: 'experiment-changed',
      value: { experiment, ...what, at: this.clock.now() },
    });
    return {};
  }
}

const VIEWS = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const;

/** Which stages are wanted, by `view_type` or another name. */
export const viewOf = (
  given: Arguments,
  name = 'view_type',
): ((each: Pick<Experiment, 'stage'>) => boolean) => {
  const view = given.oneOf(name, VIEWS) ?? 'ACTIVE_ONLY';
  if (view === 'ALL') return () => true;
  const stage = view === 'ACTIVE_ONLY' ? 'active' : 'deleted';
  return (each) => each.stage === stage;
};
