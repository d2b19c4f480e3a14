/** How often, and how long all of them together took. */
export interface Duration {
  readonly count: number;
  readonly ns: number;
}

export interface BatchStatistics {
  /** Rows that went through the model at once. */
  readonly batchSize: number;
  readonly infer: Duration;
}

/** What Triton's statistics extension tells of a version, since this instance began to serve it. */
export interface StatisticsOf {
  readonly name: string;
  readonly version: string;
  /** Epoch ms of the last answer; 0 before the first. */
  readonly lastInferenceMs: number;
  /** Rows answered. */
  readonly inferences: number;
  /** Runs of the model; fewer than requests where rows were scored together. */
  readonly executions: number;
  readonly success: Duration;
  readonly fail: Duration;
  readonly queue: Duration;
  readonly input: Duration;
  readonly infer: Duration;
  readonly output: Duration;
  readonly batches: readonly BatchStatistics[];
}

class Tally {
  count = 0;
  ms = 0;

  add(ms: number): void {
    this.count++;
    this.ms += ms;
  }

  get duration(): Duration {
    return { count: this.count, ns: Math.round(this.ms * 1e6) };
  }
}

/** Counted on the hot path: numbers that grow, nothing else. */
export class ModelStatistics {
  readonly success = new Tally();
  readonly fail = new Tally();
  readonly queue = new Tally();
  readonly input = new Tally();
  readonly infer = new Tally();
  readonly output = new Tally();
  private readonly batches = new Map<number, Tally>();
  private executions = 0;
  private inferences = 0;
  private lastInferenceMs = 0;

  answered(rows: number, totalMs: number, inferMs: number, inputMs: number, nowMs: number): void {
    this.inferences += rows;
    this.lastInferenceMs = nowMs;
    this.success.add(totalMs + inputMs);
    this.queue.add(Math.max(0, totalMs - inferMs));
    this.infer.add(inferMs);
    this.input.add(inputMs);
  }

  executed(rows: number, ms: number): void {
    this.executions++;
    let tally = this.batches.get(rows);
    // Sizes that are told apart are bounded: a caller chooses them.
    if (!tally && this.batches.size < 1_024) this.batches.set(rows, (tally = new Tally()));
    tally?.add(ms);
  }

  of(name: string, version: string): StatisticsOf {
    const { inferences, executions, lastInferenceMs } = this;
    return {
      name,
      version,
      lastInferenceMs,
      inferences,
      executions,
      success: this.success.duration,
      fail: this.fail.duration,
      queue: this.queue.duration,
      input: this.input.duration,
      infer: this.infer.duration,
      output: this.output.duration,
      batches: [...this.batches]
        .sort(([one], [other]) => one - other)
        .map(([batchSize, tally]) => ({ batchSize, infer: tally.duration })),
    };
  }
}
