import { advanceWatermark, NO_WATERMARK } from '#kernel';
import { sumOracle, varianceOracle } from '../../kernel/src/exact-rational.testing';
import { isAggregate, type AggregateFeature, type FeatureEvent, type ViewDefinition } from './definition';

/** One event as the oracle sees it: expressions are plain functions here, so that CEL is checked too. */
export interface OracleFeature {
  readonly value?: (event: FeatureEvent) => number | null;
  readonly of?: (event: FeatureEvent) => number | null;
  readonly scale?: number;
}

interface Row {
  readonly time: number;
  readonly key: string;
  readonly event: FeatureEvent;
}

/**
 * The slow, obvious engine: for each event, all events before it are looked at again, in BigInt arithmetic. `meaning` says for
 * each feature name what its expressions mean. Times are epoch ms here, keys strings or null.
 */
export class BruteForce {
  private watermark = NO_WATERMARK;
  private readonly rows: Row[] = [];
  private readonly retention: number;

  constructor(
    private readonly view: ViewDefinition,
    private readonly meaning: Readonly<Record<string, OracleFeature>>,
    behind = 0,
  ) {
    const widths = view.features.map((feature) => (isAggregate(feature) ? (feature.window ?? 0) : 0));
    this.retention = Math.max(0, ...widths) + view.stream.lateness + behind;
  }

  apply(event: FeatureEvent): (number | null)[] {
    const { stream, entity } = this.view;
    const time = Date.parse(String(event[stream.time]));
    const horizon = this.watermark.time - this.retention;
    this.watermark = advanceWatermark(this.watermark, time, stream.jump);
    const key = event[entity];
    const own: Row = { time, key: String(key), event };
    if (key === null) return this.values(null, time, horizon, own);
    const values = this.values(String(key), time, horizon, own);
    this.rows.push(own);
    return values;
  }

  readAt(key: string, time: number): (number | null)[] {
    return this.values(key, time, this.watermark.time - this.retention, null);
  }

  private values(key: string | null, time: number, horizon: number, own: Row | null): (number | null)[] {
    const older = this.rows.filter((row) => row.key === key);
    return this.view.features.map((feature) => {
      const { value, of, scale = 1 } = this.meaning[feature.name]!;
      if (!isAggregate(feature)) {
        if (own !== null) return value!(own.event);
        const seen = older.filter((row) => row.time <= Math.max(time, horizon));
        const newest = Math.max(...seen.map((row) => row.time));
        const row = seen.findLast((candidate) => candidate.time === newest);
        return row === undefined ? null : value!(row.event);
      }
      const { window } = feature;
      const inWindow = (row: Row): boolean =>
        window === undefined
          ? row.time <= Math.max(time, horizon)
          : row.time > horizon && row.time > time - window && row.time <= time;
      const members = key === null ? [] : [...older.filter(inWindow), ...(own === null ? [] : [own])];
      return aggregateOracle(feature, members, of ?? (() => 0), scale);
    });
  }
}

const aggregateOracle = (
  { aggregate, empty }: AggregateFeature,
  members: readonly Row[],
  of: (event: FeatureEvent) => number | null,
  scale: number,
): number | null => {
  const present = members.filter(({ event }) => of(event) !== null);
  const values = present.map(({ event }) => of(event)!);
  const scaled = values.map((value) => Number((value * scale).toFixed(0)));
  const terms = scale === 1 ? values : scaled;
  const none = empty ?? (aggregate === 'count' || aggregate === 'sum' ? 0 : null);
  if (values.length === 0) return none;
  switch (aggregate) {
    case 'count':
      return values.length;
    case 'sum':
      return sumOracle(terms) / scale;
    case 'mean':
      return sumOracle(terms) / (terms.length * scale);
    case 'min':
      return Math.min(...values) + 0;
    case 'max':
      return Math.max(...values) + 0;
    case 'last': {
      const newest = Math.max(...present.map(({ time }) => time));
      return of(present.findLast(({ time }) => time === newest)!.event)! + 0;
    }
    case 'variance':
    case 'std': {
      const variance = varianceOracle(terms, scale);
      if (variance === null) return none;
      return aggregate === 'std' ? Math.sqrt(variance) : variance;
    }
  }
};
