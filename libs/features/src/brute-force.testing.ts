import { advanceWatermark, NO_WATERMARK } from '#kernel';
import { sumOracle, varianceOracle } from '../../kernel/src/exact-rational.testing';
import { isAggregate } from './definition';
import type { AggregateFeature, CalendarUnit, FeatureEvent, ViewDefinition } from './definition';

/** One event as the oracle sees it: expressions are plain functions here, so that CEL is checked too. */
export interface OracleFeature {
  readonly value?: (event: FeatureEvent) => number | null;
  readonly of?: (event: FeatureEvent) => number | string | null;
  readonly where?: (event: FeatureEvent) => boolean;
  readonly scale?: number;
}

/** A value to the bit, or how far from a number it may be. */
export type Expected = number | null | { readonly near: number; readonly within: number };

interface Row {
  readonly time: number;
  readonly key: string;
  readonly event: FeatureEvent;
}

/**
 * The slow, obvious engine: for each event, all events before it are looked at again, in BigInt arithmetic where that matters. `meaning`
 * says for each feature what its expressions mean. Times are epoch ms here, keys strings or null.
 */
export class BruteForce {
  private watermark = NO_WATERMARK;
  private rows: Row[] = [];
  private readonly patience: number;
  private readonly aggregates: readonly AggregateFeature[];

  constructor(
    private readonly view: ViewDefinition,
    private readonly meaning: Readonly<Record<string, OracleFeature>>,
    behind = 0,
  ) {
    this.patience = view.stream.lateness + behind;
    this.aggregates = view.features.filter(isAggregate);
  }

  apply(event: FeatureEvent): Expected[] {
    const { stream, entity, ttl = Infinity } = this.view;
    const time = Date.parse(String(event[stream.time]));
    const key = event[entity] === null ? null : String(event[entity]);
    this.forget(key, (newest) => time - newest >= ttl);
    const own: Row = { time, key: String(key), event };
    const values = this.values(key, time, own);
    this.watermark = advanceWatermark(this.watermark, time, stream.jump);
    if (key !== null) this.rows.push(own);
    return values;
  }

  readAt(key: string, time: number): Expected[] {
    const { ttl = Infinity } = this.view;
    this.forget(key, () => false);
    const newest = Math.max(...this.rows.filter((row) => row.key === key).map((row) => row.time));
    return this.values(time - newest >= ttl ? null : key, time, null);
  }

  private forget(key: string | null, isSilent: (newest: number) => boolean): void {
    const { ttl = Infinity } = this.view;
    const newest = Math.max(...this.rows.filter((row) => row.key === key).map((row) => row.time));
    if (newest <= this.watermark.time - ttl - this.patience || isSilent(newest))
      this.rows = this.rows.filter((row) => row.key !== key);
  }

  private values(key: string | null, time: number, own: Row | null): Expected[] {
    const known = this.rows.filter((row) => row.key === key);
    // What was dropped may be newer than a time before the horizon: then nothing is known of everything up to it.
    const isPast = own === null && time < this.horizon() && known.some((row) => row.time > time);
    return this.view.features.flatMap((feature) => {
      const meaning = this.meaning[feature.name]!;
      const isLasting = !isAggregate(feature) || feature.window === undefined;
      const older = isPast && isLasting ? [] : known;
      if (!isAggregate(feature)) {
        if (own !== null) return meaning.value!(own.event);
        const seen = older.filter((row) => row.time <= Math.max(time, this.horizon()));
        const newest = inOrder(seen).at(-1);
        return newest === undefined ? null : meaning.value!(newest.event);
      }
      const members = older.filter((row) => this.isMember(feature, row.time, time));
      const rows = key === null ? [] : inOrder(own === null ? members : [...members, own]);
      return aggregateOracle(feature, rows, own, time, meaning);
    });
  }

  /** Rows at or before this are gone for windows over rows. */
  private horizon(): number {
    const reaches = this.aggregates
      .filter(({ accuracy, window }) => accuracy !== 'tiled' && window !== undefined)
      .map(reachOf);
    return this.watermark.time - Math.max(0, ...reaches) - this.patience;
  }

  private isMember(feature: AggregateFeature, row: number, time: number): boolean {
    const { window, accuracy, tile } = feature;
    if (window === undefined) return row <= Math.max(time, this.horizon());
    const begin = typeof window === 'number' ? time - window + 1 : startOf(window.calendar, time);
    if (accuracy !== 'tiled') return row > this.horizon() && row >= begin && row <= time;
    const tileOf = (at: number): number => Math.floor(at / tile!);
    const reaches = this.aggregates.filter((other) => other.tile === tile).map(reachOf);
    const horizon = this.watermark.time - Math.max(...reaches) - this.patience;
    return tileOf(row) >= tileOf(begin) && tileOf(row) <= tileOf(time) && tileOf(row) >= tileOf(horizon + 1);
  }
}

const inOrder = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => a.time - b.time);

const reachOf = ({ window }: AggregateFeature): number =>
  typeof window === 'number' ? window : { day: 1, week: 7, month: 31 }[window!.calendar] * 86_400_000;

const startOf = (unit: CalendarUnit, time: number): number => {
  const date = new Date(time);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (unit === 'month') return Date.UTC(year, month, 1);
  return Date.UTC(year, month, unit === 'day' ? day : day - ((date.getUTCDay() + 6) % 7));
};

/** `rows` are those of the window, in the order of time and log; `own` is the trigger's. */
const aggregateOracle = (
  feature: AggregateFeature,
  rows: readonly Row[],
  own: Row | null,
  time: number,
  { of = () => 0, where = () => true, scale = 1 }: OracleFeature,
): Expected | Expected[] => {
  const { aggregate, empty, k = 0, n = 1, q = 0, by, accuracy } = feature;
  const isPresent = ({ event }: Row): boolean => where(event) && of(event) !== null;
  const present = rows.filter(isPresent);
  const values = present.map(({ event }) => of(event) as number);
  const scaled = values.map((value) => Number((value * scale).toFixed(0)));
  const terms = scale === 1 ? values : scaled;
  const none = empty ?? (['count', 'sum', 'count_distinct'].includes(aggregate) ? 0 : null);
  const several = (all: readonly number[]): Expected[] =>
    Array.from({ length: k }, (_, i) => (i < all.length ? all[i]! + 0 : none));
  const others = present.filter((row) => row !== own);
  switch (aggregate) {
    case 'lag':
      return others.length < n ? none : (of(others.at(-n)!.event) as number) + 0;
    case 'time_since_last':
      return others.length === 0 ? none : Math.max(0, time - others.at(-1)!.time) / 1000;
    case 'last_k':
      return several([...values].reverse());
    case 'top_k': {
      if (by !== 'frequency') return several([...values].sort((a, b) => b - a));
      const times = (value: number): number => values.filter((other) => other === value).length;
      const distinct = [...new Set(values.map((value) => value + 0))];
      return several(distinct.sort((a, b) => times(b) - times(a) || a - b));
    }
    case 'ratio': {
      const total = (members: readonly Row[]): number => {
        const numbers = members.map(({ event }) => of(event)).filter((value) => value !== null);
        if (feature.of === undefined) return numbers.length;
        return sumOracle(numbers.map((value) => Number(((value as number) * scale).toFixed(0))));
      };
      const all = total(rows);
      return all === 0 ? none : total(present) / all + 0;
    }
    default:
  }
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
    case 'first':
      return values[0]! + 0;
    case 'last':
      return values.at(-1)! + 0;
    case 'variance':
    case 'std': {
      const variance = varianceOracle(terms, scale);
      if (variance === null) return none;
      return aggregate === 'std' ? Math.sqrt(variance) : variance;
    }
    case 'count_distinct':
      return new Set(present.map(({ event }) => of(event))).size;
    case 'quantile': {
      const sorted = [...terms].sort((a, b) => a - b);
      const rank = Math.floor(q * (sorted.length - 1));
      const low = sorted[rank]!;
      if (accuracy !== undefined)
        return { near: low / scale, within: (Math.abs(low) * 0.01001 + 1e-9) / scale };
      const part = q * (sorted.length - 1) - rank;
      return (part === 0 ? low : low + part * (sorted[rank + 1]! - low)) / scale + 0;
    }
    case 'ewma': {
      const weights = present.map((row) => 0.5 ** ((time - row.time) / feature.halfLife!));
      const weighted = values.reduce((sum, value, i) => sum + value * weights[i]!, 0);
      const near = weighted / weights.reduce((sum, weight) => sum + weight);
      // Where all weights have vanished, the newest decide as they would have nearer by.
      return { near, within: Number.isFinite(near) ? 1e-9 * Math.max(...values.map(Math.abs)) : NaN };
    }
    default:
      throw new Error(`no oracle for ${aggregate}`);
  }
};
