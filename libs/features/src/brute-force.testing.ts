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
export const bruteForceValues = (
  view: ViewDefinition,
  meaning: Readonly<Record<string, OracleFeature>>,
  events: readonly FeatureEvent[],
): (number | null)[][] => {
  const { lateness, jump, time: timeField } = view.stream;
  const widest = Math.max(
    0,
    ...view.features.map((feature) => (isAggregate(feature) ? (feature.window ?? 0) : 0)),
  );
  let watermark = NO_WATERMARK;
  const rows: Row[] = [];
  return events.map((event) => {
    const time = Date.parse(String(event[timeField]));
    const horizon = watermark.time - widest - lateness;
    watermark = advanceWatermark(watermark, time, jump);
    const key = event[view.entity];
    const older = rows.filter((row) => row.key === key);
    const own: Row = { time, key: String(key), event };
    if (key !== null) rows.push(own);
    return view.features.map((feature) => {
      const { value, of, scale = 1 } = meaning[feature.name]!;
      if (!isAggregate(feature)) return value!(event);
      const { window } = feature;
      const inWindow = (row: Row): boolean =>
        window === undefined
          ? row.time <= Math.max(time, horizon)
          : row.time > horizon && row.time > time - window && row.time <= time;
      const members = key === null ? [] : [...older.filter(inWindow), own];
      return aggregateOracle(feature, members, of ?? (() => 0), scale);
    });
  });
};

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
