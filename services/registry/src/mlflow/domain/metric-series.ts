/** One value that a client logged. */
export interface MetricPoint {
  readonly value: number;
  readonly step: number;
  /** As the client says, epoch ms. */
  readonly time: number;
}

const FIELDS = 3;

/** Every value of one metric of one run, in the order of the log: 24 bytes a value. */
export class MetricSeries {
  private points = new Float64Array(FIELDS);
  private count = 0;
  private newest = -1;

  static of(...points: readonly MetricPoint[]): MetricSeries {
    const series = new MetricSeries();
    for (const point of points) series.add(point);
    return series;
  }

  get length(): number {
    return this.count;
  }

  /** The one that MLflow calls the latest: greatest step, then time, then value; whatever the order in which they came. */
  get latest(): MetricPoint {
    return this.at(this.newest);
  }

  add(point: MetricPoint): void {
    const end = this.count * FIELDS;
    if (end === this.points.length) {
      const larger = new Float64Array(2 * end);
      larger.set(this.points);
      this.points = larger;
    }
    this.points[end] = point.value;
    this.points[end + 1] = point.step;
    this.points[end + 2] = point.time;
    if (this.newest < 0 || isNewer(point, this.latest)) this.newest = this.count;
    this.count++;
  }

  at(index: number): MetricPoint {
    const start = index * FIELDS;
    return {
      value: this.points[start]!,
      step: this.points[start + 1]!,
      time: this.points[start + 2]!,
    };
  }

  /** In the order of the log; a value that a client repeated word for word stands once. */
  *distinct(): Generator<MetricPoint> {
    const seen = new Set<string>();
    for (let index = 0; index < this.count; index++) {
      const point = this.at(index);
      const key = `${point.value}/${point.step}/${point.time}`;
      if (seen.has(key)) continue;
      seen.add(key);
      yield point;
    }
  }
}

/** A number is newer than a NaN of the same step and time, so that the answer does not depend on their order. */
const isNewer = (a: MetricPoint, b: MetricPoint): boolean => {
  if (a.step !== b.step) return a.step > b.step;
  if (a.time !== b.time) return a.time > b.time;
  return Number.isNaN(b.value) ? !Number.isNaN(a.value) : a.value > b.value;
};
