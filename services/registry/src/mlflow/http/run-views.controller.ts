import { Inject, Query } from '@nestjs/common';
import { Catalog } from '../catalog';
import type { MetricPoint } from '../domain/metric-series';
import { safePath } from '../domain/artifact-folders';
import { pageOf, pageSize } from '../search/page';
import { Arguments } from './arguments';
import { listingOf } from './listing';
import { API, Call, MlflowController } from './doors';
import { metricMessage } from './wire';

const MOST_POINTS = 1_000_000;
const USUAL_SAMPLE = 320;
const MOST_SAMPLE = 2_500;
const MOST_RUNS = 100;

/** What a run holds beside its own message: every value of a metric, and its files. */
@MlflowController(API)
export class RunViewsController {
  constructor(@Inject(Catalog) private readonly catalog: Catalog) {}

  @Call('GET', 'metrics/get-history', 'every value of one metric of a run')
  history(@Query() query: unknown) {
    const given = new Arguments(query);
    const key = given.text('metric_key');
    const size = pageSize(given.integer('max_results'), MOST_POINTS, MOST_POINTS);
    const points = [...(this.catalog.run(given.run()).metrics.get(key)?.distinct() ?? [])];
    const { entities, next } = pageOf(points, given.optionalText('page_token'), size);
    return { metrics: entities.map((point) => metricMessage(key, point)), next_page_token: next };
  }

  @Call('GET', 'metrics/get-history-bulk-interval', 'values of one metric of several runs, sampled by step')
  historyOfSeveral(@Query() query: unknown) {
    const given = new Arguments(query);
    const key = given.text('metric_key');
    const most = pageSize(given.integer('max_results'), USUAL_SAMPLE, MOST_SAMPLE);
    const from = given.integer('start_step') ?? -Infinity;
    const to = given.integer('end_step') ?? Infinity;
    const metrics = given
      .texts('run_ids')
      .slice(0, MOST_RUNS)
      .flatMap((run) => {
        const points = [...(this.catalog.run(run).metrics.get(key)?.distinct() ?? [])]
          .filter(({ step }) => step >= from && step <= to)
          .sort((a, b) => a.step - b.step || a.time - b.time);
        return sampled(points, most).map((point) => ({ ...metricMessage(key, point), run_id: run }));
      });
    return { metrics };
  }

  @Call('GET', 'artifacts/list', 'files of a run, one folder at a time')
  artifacts(@Query() query: unknown) {
    const given = new Arguments(query);
    const { artifacts } = this.catalog.run(given.run());
    return listingOf(this.catalog, artifacts, safePath(given.optionalText('path') ?? ''));
  }
}

/** At most so many, evenly spread; the first and the last always. */
const sampled = (points: readonly MetricPoint[], most: number): readonly MetricPoint[] => {
  if (points.length <= most) return points;
  const step = (points.length - 1) / Math.max(1, most - 1);
  return Array.from({ length: most }, (_, index) => points[Math.round(index * step)]!);
};
