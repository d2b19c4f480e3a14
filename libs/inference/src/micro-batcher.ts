import { Refused } from '#kernel';
import type { OnnxModel } from './onnx-model';

export interface MicroBatcherOptions {
  /** Rows scored together. Default 32. */
  readonly maxRows?: number;
  /** How long the first row of a batch may wait for others while the model is idle. Default 0: only for what has already arrived. */
  readonly maxDelayMs?: number;
  /** Rows that may wait; one more is refused. Default 1024. */
  readonly maxQueuedRows?: number;
}

interface Waiting {
  readonly row: Float32Array;
  resolve(scores: Float32Array): void;
  reject(error: unknown): void;
}

/**
 * Gathers single rows into batches. It waits for nothing while the model is idle; rows that arrive while a batch is scored go
 * together into the next one. A row has the same score in whatever batch, so batching never shows in the answers.
 */
export class MicroBatcher {
  private readonly maxRows: number;
  private readonly maxDelayMs: number;
  private readonly maxQueuedRows: number;
  private queue: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private draining: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly model: Pick<OnnxModel, 'featureCount' | 'outputs' | 'score'>,
    options: MicroBatcherOptions = {},
  ) {
    this.maxRows = options.maxRows ?? 32;
    this.maxDelayMs = options.maxDelayMs ?? 0;
    this.maxQueuedRows = options.maxQueuedRows ?? 1024;
  }

  /**
   * What the model answers for one row of `featureCount` values (NaN = missing): [outputs].
   * @throws Refused PLAYHEAD_OVERLOADED when too many rows wait, PLAYHEAD_INFERENCE_INVALID when the row does not fit the model,
   *   PLAYHEAD_NOT_READY after `close`.
   */
  score(row: Float32Array): Promise<Float32Array> {
    const refusal = this.refusalOf(row);
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      this.queue.push({ row, resolve, reject });
      this.schedule();
    });
  }

  /** Takes no more rows; resolves when those that wait have their scores. The model stays open. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.queue.length > 0) this.drain();
    await this.draining;
  }

  private refusalOf(row: Float32Array): Refused | undefined {
    if (this.closed) return new Refused('PLAYHEAD_NOT_READY', 'the model is being taken out of service');
    if (row.length !== this.model.featureCount) {
      return new Refused(
        'PLAYHEAD_INFERENCE_INVALID',
        `a row has ${row.length} values, the model takes ${this.model.featureCount}`,
      );
    }
    if (this.queue.length >= this.maxQueuedRows) {
      return new Refused(
        'PLAYHEAD_OVERLOADED',
        `${this.queue.length} rows already wait for a score; try again after a moment`,
      );
    }
    return undefined;
  }

  private schedule(): void {
    if (this.draining) return;
    if (this.maxDelayMs === 0 || this.queue.length >= this.maxRows) this.drain();
    else this.timer ??= setTimeout(() => this.drain(), this.maxDelayMs);
  }

  private drain(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.draining ??= this.drainQueue();
  }

  private async drainQueue(): Promise<void> {
    // One turn of the event loop, so that requests that arrived together are scored together.
    if (this.queue.length < this.maxRows) await new Promise(setImmediate);
    while (this.queue.length > 0) {
      const batch = this.queue.slice(0, this.maxRows);
      this.queue = this.queue.slice(this.maxRows);
      await this.scoreBatch(batch);
    }
    // In the same step as the look at the queue: a row that comes after it must find nobody draining.
    this.draining = undefined;
  }

  private async scoreBatch(batch: readonly Waiting[]): Promise<void> {
    const { featureCount, outputs } = this.model;
    const matrix = new Float32Array(batch.length * featureCount);
    batch.forEach(({ row }, at) => matrix.set(row, at * featureCount));
    try {
      const scores = await this.model.score(matrix);
      batch.forEach(({ resolve }, at) => resolve(scores.subarray(at * outputs, (at + 1) * outputs)));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
