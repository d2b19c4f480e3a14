import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { TOPICS, VectorComputed, decodeEvent, qualify, type Deployments } from '#contracts';
import type { Bins } from '#drift';
import { readLast, type EventLog, type FollowedTopic } from '#eventlog';
import { Refused } from '#kernel';
import { CONFIG, EVENT_LOG } from '#runtime';
import { ReferenceProfiles } from '../effects/reference-profiles';
import type { MonitoringConfig } from '../monitoring.config';
import { WindowCounts, type CountedColumn } from '../projections/window-counts';
import { DEPLOYMENTS } from './deployments-in-force';

/** Shares of a column's values by cell, beside those of the reference. */
interface ColumnShares {
  readonly name: string;
  /** Lower and upper end of each cell, null where it is open; one value has equal ends. The last one of `values` is whatever is new. */
  readonly cells: readonly (readonly [number | null, number | null])[];
  readonly reference: { readonly rows: number; readonly missing: number; readonly counts: readonly number[] };
  readonly window: { readonly rows: number; readonly missing: number; readonly counts: readonly number[] };
}

/** What values look like now, beside what they looked like when the model learned. */
@ApiTags('console')
@Controller('v1')
export class DistributionsController {
  constructor(
    private readonly windows: WindowCounts,
    private readonly profiles: ReferenceProfiles,
    @Inject(DEPLOYMENTS) private readonly deployments: FollowedTopic<Deployments>,
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CONFIG) private readonly config: MonitoringConfig,
  ) {}

  @Get('deployments/:deployment/distributions')
  @ApiOperation({
    summary: 'Counts by cell of each feature and of the score in one window, beside those of the reference',
  })
  @ApiQuery({ name: 'window', required: false, description: 'its start; the newest by default' })
  async distributions(
    @Param('deployment') deployment: string,
    @Query('window') start?: string,
  ): Promise<unknown> {
    if (!this.deployments.state.has(deployment))
      throw new Refused('PLAYHEAD_NOT_FOUND', `there is no deployment ${deployment}`);
    const known = this.windows.of(deployment);
    const windows = known.map(({ window, version, predictions }) => ({ ...window, version, predictions }));
    const wanted = start === undefined ? known[0] : known.find(({ window }) => window.start === start);
    if (!wanted && start !== undefined)
      throw new Refused('PLAYHEAD_NOT_FOUND', `no window of ${deployment} that is kept begins at ${start}`);
    const reference = wanted && (await this.profiles.get(wanted.profile));
    if (!wanted || !reference) return { deployment, windows, window: null, features: [], score: null };
    const { window, version, predictions, watched, features, score } = wanted;
    const columns = reference.features.filter(({ name }) => watched === 'auto' || watched.includes(name));
    return {
      deployment,
      windows,
      window: { ...window, version, predictions },
      features: columns.flatMap((feature, i) =>
        features[i] ? [sharesOf(feature.name, feature.bins, feature, features[i])] : [],
      ),
      score: score ? sharesOf('score', reference.score.bins, reference.score, score) : null,
    };
  }

  @Get('services/:service/freshness')
  @ApiOperation({
    summary: 'Newest vector of each partition of a feature service: its event time, and when it was appended',
  })
  async freshness(@Param('service') service: string): Promise<unknown> {
    const topic = qualify(this.config.namespace, TOPICS.vectors(service));
    if ((await this.log.partitionCount(topic)) === undefined)
      throw new Refused('PLAYHEAD_NOT_FOUND', `there are no vectors of a feature service ${service}`);
    const partitions = await Promise.all(
      (await this.log.ends(topic)).map(async (ends) => {
        const record = await readLast(this.log, topic, ends);
        return {
          partition: ends.partition,
          vectors: ends.end,
          eventTime: record ? decodeEvent(VectorComputed, record.value).event_time : null,
          appendedAt: record ? new Date(record.timestamp).toISOString() : null,
        };
      }),
    );
    return { service, partitions };
  }
}

const sharesOf = (
  name: string,
  bins: Bins,
  reference: CountedColumn,
  { rows, missing, counts }: CountedColumn,
): ColumnShares => ({
  name,
  cells: cellsOf(bins),
  reference: { rows: reference.rows, missing: reference.missing, counts: reference.counts },
  window: { rows, missing, counts },
});

const cellsOf = (bins: Bins): [number | null, number | null][] => {
  if (bins.kind === 'values')
    return [...bins.values.map((value): [number, number] => [value, value]), [null, null]];
  const { edges } = bins;
  return Array.from({ length: edges.length + 1 }, (_, cell) => [
    edges[cell - 1] ?? null,
    edges[cell] ?? null,
  ]);
};
