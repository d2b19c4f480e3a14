import type { Labels, MetricSpec } from './metric-spec';

/** A value of a bucket with the trace that it was of. */
export interface Exemplar {
  readonly value: number;
  readonly traceId: string;
  readonly spanId: string;
  /** Epoch ms. */
  readonly atMs: number;
}

/** One series of a histogram, counted on a hot path: numbers that grow, nothing is allocated but for an exemplar. */
export class TimingSeries {
  /** Of each bucket alone; the last one is above all bounds. */
  readonly counts: Float64Array;
  readonly exemplars: (Exemplar | undefined)[];
  private total = 0;

  constructor(
    readonly bounds: readonly number[],
    readonly labels: Labels,
  ) {
    this.counts = new Float64Array(bounds.length + 1);
    this.exemplars = new Array<Exemplar | undefined>(bounds.length + 1).fill(undefined);
  }

  get sum(): number {
    return this.total;
  }

  /** A value that was seen so many times. */
  add(value: number, times: number): void {
    this.counts[this.bucketOf(value)]! += times;
    this.total += value * times;
  }

  record(value: number, exemplar?: Exemplar): void {
    const bucket = this.bucketOf(value);
    this.counts[bucket]!++;
    this.total += value;
    if (exemplar) this.exemplars[bucket] = exemplar;
  }

  private bucketOf(value: number): number {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    return bucket;
  }
}

/** The series of one histogram. A caller keeps those that it counts in: finding one costs a string. */
export class Timings<Label extends string = string> {
  private readonly found = new Map<string, TimingSeries>();

  constructor(
    readonly spec: MetricSpec<Label>,
    private readonly bounds: readonly number[],
  ) {}

  series(labels: Labels<Label>): TimingSeries {
    const key = JSON.stringify(Object.values(labels));
    let series = this.found.get(key);
    if (!series) this.found.set(key, (series = new TimingSeries(this.bounds, labels)));
    return series;
  }

  all(): Iterable<TimingSeries> {
    return this.found.values();
  }
}
