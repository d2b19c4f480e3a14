import type { EventOf, RouteMeasured } from '#contracts';

type Report = Pick<
  EventOf<typeof RouteMeasured>,
  'predictions' | 'errors' | 'decided' | 'positives' | 'scored' | 'score_sum' | 'latency_ms'
>;

export interface StoredCounts {
  readonly predictions: number;
  readonly errors: number;
  readonly decided: number;
  readonly positives: number;
  readonly scored: number;
  readonly scoreSum: number;
  /** Predictions by the upper bound of their bucket; null is above all. */
  readonly latency: readonly (readonly [number | null, number])[];
}

/** What a version answered, as reports of intervals say it: they add up. */
export class RouteCounts {
  predictions = 0;
  private errors = 0;
  private decided = 0;
  private positives = 0;
  private scored = 0;
  private scoreSum = 0;
  private readonly latency = new Map<number, number>();

  add({ predictions, errors, decided, positives, scored, score_sum, latency_ms }: Report): void {
    this.predictions += predictions;
    this.errors += errors;
    this.decided += decided ?? 0;
    this.positives += positives ?? 0;
    this.scored += scored ?? 0;
    this.scoreSum += score_sum ?? 0;
    latency_ms.counts.forEach((count, i) => this.count(latency_ms.bounds[i] ?? Infinity, count));
  }

  merge(other: RouteCounts): void {
    this.predictions += other.predictions;
    this.errors += other.errors;
    this.decided += other.decided;
    this.positives += other.positives;
    this.scored += other.scored;
    this.scoreSum += other.scoreSum;
    for (const [bound, count] of other.latency) this.count(bound, count);
  }

  get errorRate(): Measure {
    return ratio(this.errors, this.predictions);
  }

  get positiveRate(): Measure {
    return ratio(this.positives, this.decided);
  }

  get meanScore(): Measure {
    return ratio(this.scoreSum, this.scored);
  }

  /** The upper bound of the bucket that the quantile lies in; above all buckets, the bound of the last. */
  latencyAt(quantile: number): Measure {
    const buckets = [...this.latency].sort(([a], [b]) => a - b);
    const rows = buckets.reduce((sum, [, count]) => sum + count, 0);
    const wanted = Math.max(1, Math.ceil(quantile * rows));
    let below = 0;
    let last: number | null = null;
    for (const [bound, count] of buckets) {
      if (Number.isFinite(bound)) last = bound;
      below += count;
      if (below >= wanted) return { value: last, rows };
    }
    return { value: null, rows };
  }

  private count(bound: number, count: number): void {
    this.latency.set(bound, (this.latency.get(bound) ?? 0) + count);
  }

  toJSON(): StoredCounts {
    const { predictions, errors, decided, positives, scored, scoreSum } = this;
    const latency = [...this.latency].map(
      ([bound, count]) => [Number.isFinite(bound) ? bound : null, count] as const,
    );
    return { predictions, errors, decided, positives, scored, scoreSum, latency };
  }

  static fromJSON({ latency, ...stored }: StoredCounts): RouteCounts {
    const counts = Object.assign(new RouteCounts(), stored);
    for (const [bound, count] of latency) counts.count(bound ?? Infinity, count);
    return counts;
  }
}

/** A figure and the rows behind it. */
export interface Measure {
  readonly value: number | null;
  readonly rows: number;
}

const ratio = (part: number, rows: number): Measure => ({ value: rows > 0 ? part / rows : null, rows });
