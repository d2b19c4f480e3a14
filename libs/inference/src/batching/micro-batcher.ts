import { type PlatformError, Refused } from '#kernel';
import type { OnnxModel } from '../onnx-model';
import { BatchPace } from './batch-pace';
import { CallQueue, type Call, type Scored } from './call-queue';

export interface MicroBatcherOptions {
  /** Rows scored together; a call of more is a batch of its own. Default 32. */
  readonly maxRows?: number;
  /**
   * How long calls may wait for others while the model is idle, at most. Default 0: only for what has already arrived. They wait only
   * while that is learned to pay (`BatchPace.delay`): not at all where little arrives or a batch has no cost of its own.
   */
  readonly maxDelayMs?: number;
  /** Rows that may wait; one more is refused, but a call that finds nobody waiting is always taken. Default 1024. */
  readonly maxQueuedRows?: number;
  /** What is known of the model's cost beforehand; learned on. */
  readonly pace?: BatchPace;
}

/** What is asked of an AbortSignal; doors of many small calls have a cheaper one. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** How long an answer is of use. */
export interface CallLimits {
  /** From now on. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: CancelSignal | undefined;
}

/** What a batcher has done since it began, and what waits now. */
export interface BatcherFigures {
  readonly queuedRows: number;
  readonly batchesUnderWay: number;
  readonly batches: number;
  readonly rows: number;
  /** Calls refused because too many rows waited. */
  readonly shed: number;
  /** Calls whose deadline passed, or whose caller went away, before they were answered. */
  readonly expired: number;
}

type Scorer = Pick<OnnxModel, 'featureCount' | 'outputs' | 'score'> & Partial<Pick<OnnxModel, 'lanes'>>;

/** One batch at a time: what it is gathered in is used again for the next. */
interface Lane {
  readonly matrix: Float32Array;
  readonly calls: Call[];
}

/**
 * Gathers calls of one row or a few into batches. Rows that arrive while the model is busy go together into the next batch; while it is idle
 * they wait one turn of the event loop, so that those that arrived together are scored together, and longer only where that pays. A row
 * has the same score in whatever batch, so batching never shows in the answers.
 *
 * Overload: the queue is bounded in rows. A call that does not fit is refused at once (PLAYHEAD_OVERLOADED, `details.retryAfterMs`: the
 * time that what waits now will take); nothing that waits is pushed out for it. A call whose deadline passes or whose signal is
 * aborted leaves the queue and is never scored.
 */
export class MicroBatcher {
  private readonly maxRows: number;
  private readonly maxDelayMs: number;
  private readonly maxQueuedRows: number;
  private readonly lanes: number;
  private readonly pace: BatchPace;
  private readonly queue = new CallQueue();
  private readonly idle: Lane[] = [];
  private underWay = 0;
  private rowsUnderWay = 0;
  /** Takes back what starts the next batch. */
  private planned: (() => void) | undefined;
  private whenDone: (() => void) | undefined;
  private closing: Promise<void> | undefined;
  private batches = 0;
  private rows = 0;
  private shed = 0;
  private expired = 0;

  constructor(
    private readonly model: Scorer,
    options: MicroBatcherOptions = {},
  ) {
    this.maxRows = options.maxRows ?? 32;
    this.maxDelayMs = options.maxDelayMs ?? 0;
    this.maxQueuedRows = options.maxQueuedRows ?? 1024;
    this.pace = options.pace ?? new BatchPace();
    this.lanes = model.lanes ?? 1;
  }

  /** As `infer`, the values alone. */
  async score(matrix: Float32Array, limits?: CallLimits): Promise<Float32Array> {
    return (await this.infer(matrix, limits)).values;
  }

  /**
   * What the model answers for the rows of `matrix` ([rows, featureCount] row after row, NaN = missing). It is read until the answer is there.
   * @throws Refused PLAYHEAD_OVERLOADED when too many rows wait, PLAYHEAD_INFERENCE_INVALID when the matrix does not fit the model,
   *   PLAYHEAD_NOT_READY after `close`, PLAYHEAD_DEADLINE_EXCEEDED, PLAYHEAD_CANCELLED.
   */
  infer(matrix: Float32Array, limits?: CallLimits): Promise<Scored> {
    const rows = matrix.length / this.model.featureCount;
    const refusal = this.refusalOf(matrix, rows, limits);
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const since = performance.now();
      const call: Call = {
        matrix, rows, since, resolve, reject, forget: undefined, isOver: false, previous: undefined, next: undefined,
      }; // prettier-ignore
      if (limits) call.forget = this.limit(call, limits);
      this.pace.arrived(rows, since);
      this.queue.push(call);
      this.plan();
    });
  }

  figures(): BatcherFigures {
    const { batches, rows, shed, expired, underWay } = this;
    return { queuedRows: this.queue.rows, batchesUnderWay: underWay, batches, rows, shed, expired };
  }

  /** What the rows that wait or are being scored will take, as far as is known. */
  get backlogMs(): number {
    const rows = this.queue.rows + this.rowsUnderWay;
    if (rows === 0) return 0;
    const batches = Math.ceil(rows / this.maxRows / this.lanes);
    return batches * this.pace.costOf(Math.min(rows, this.maxRows));
  }

  /** Takes no more calls; resolves when those that wait have their answers. The model stays open. */
  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      this.whenDone = resolve;
      this.start();
      this.endIfDone();
    });
    return this.closing;
  }

  private refusalOf(matrix: Float32Array, rows: number, limits?: CallLimits): PlatformError | undefined {
    if (this.closing) return new Refused('PLAYHEAD_NOT_READY', 'the model is being taken out of service');
    if (rows === 0 || !Number.isInteger(rows)) {
      return new Refused(
        'PLAYHEAD_INFERENCE_INVALID',
        `${matrix.length} values are no whole number of rows; the model takes ${this.model.featureCount} for each`,
      );
    }
    if (this.queue.rows > 0 && this.queue.rows + rows > this.maxQueuedRows) {
      this.shed++;
      const retryAfterMs = Math.max(1, Math.ceil(this.backlogMs));
      return new Refused(
        'PLAYHEAD_OVERLOADED',
        `${this.queue.rows} rows already wait for a score, at most ${this.maxQueuedRows} may; try again in ${retryAfterMs} ms`,
        { details: { retryAfterMs } },
      );
    }
    if (limits?.signal?.aborted) return cancelled();
    if (limits?.deadlineMs !== undefined && limits.deadlineMs <= 0) return tooLate(limits.deadlineMs);
    return undefined;
  }

  private limit(call: Call, { deadlineMs, signal }: CallLimits): () => void {
    const abort = signal && (() => this.giveUp(call, cancelled()));
    const timer =
      deadlineMs === undefined || deadlineMs > LONGEST_TIMER_MS
        ? undefined
        : setTimeout(() => this.giveUp(call, tooLate(deadlineMs)), deadlineMs);
    if (abort) signal.addEventListener('abort', abort);
    return () => {
      clearTimeout(timer);
      if (abort) signal.removeEventListener('abort', abort);
    };
  }

  /** Out of the queue, or, where it is being scored already, out of those that are told. */
  private giveUp(call: Call, error: PlatformError): void {
    if (call.isOver) return;
    this.expired++;
    if (call.previous || this.queue.first === call) this.queue.remove(call);
    settle(call);
    call.reject(error);
    this.endIfDone();
  }

  private plan(): void {
    if (this.underWay >= this.lanes) return;
    if (this.queue.rows >= this.maxRows) this.start();
    else this.planned ??= this.soon(this.pace.delay(this.queue.rows, this.maxRows, this.maxDelayMs));
  }

  /** Timers know whole milliseconds; less is one turn of the event loop. */
  private soon(delayMs: number): () => void {
    if (delayMs < 1) {
      const turn = setImmediate(this.start);
      return () => clearImmediate(turn);
    }
    const timer = setTimeout(this.start, delayMs);
    return () => clearTimeout(timer);
  }

  private readonly start = (): void => {
    this.planned?.();
    this.planned = undefined;
    while (this.underWay < this.lanes && this.queue.first) this.startBatch();
  };

  private startBatch(): void {
    const lane = this.idle.pop() ?? {
      matrix: new Float32Array(this.maxRows * this.model.featureCount),
      calls: [],
    };
    const rows = this.take(lane.calls);
    const { calls } = lane;
    this.underWay++;
    this.rowsUnderWay += rows;
    const started = performance.now();
    this.model.score(calls.length === 1 ? calls[0]!.matrix : gathered(lane)).then(
      (scores) => this.answer(lane, rows, started, scores),
      (error: unknown) => this.fail(lane, rows, error),
    );
  }

  /** The calls that come next and fit into one batch; at least one. */
  private take(calls: Call[]): number {
    let rows = 0;
    for (let call = this.queue.first; call; call = this.queue.first) {
      if (rows > 0 && rows + call.rows > this.maxRows) break;
      this.queue.remove(call);
      calls.push(call);
      rows += call.rows;
    }
    return rows;
  }

  private answer(lane: Lane, rows: number, started: number, scores: Float32Array): void {
    const computeMs = performance.now() - started;
    const { outputs } = this.model;
    this.pace.scored(rows, computeMs);
    this.batches++;
    this.rows += rows;
    let at = 0;
    for (const call of lane.calls) {
      const from = at;
      at += call.rows * outputs;
      if (call.isOver) continue;
      settle(call);
      call.resolve({
        values: lane.calls.length === 1 ? scores : scores.subarray(from, at),
        queueNs: (started - call.since) * 1e6,
        computeNs: computeMs * 1e6,
        batchRows: rows,
      });
    }
    this.goOn(lane, rows);
  }

  private fail(lane: Lane, rows: number, error: unknown): void {
    for (const call of lane.calls) {
      if (call.isOver) continue;
      settle(call);
      call.reject(error);
    }
    this.goOn(lane, rows);
  }

  /** What came while the lane was busy waits no longer. */
  private goOn(lane: Lane, rows: number): void {
    lane.calls.length = 0;
    this.idle.push(lane);
    this.underWay--;
    this.rowsUnderWay -= rows;
    if (this.queue.first) this.start();
    this.endIfDone();
  }

  private endIfDone(): void {
    if (this.underWay === 0 && !this.queue.first) this.whenDone?.();
  }
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

const gathered = ({ matrix, calls }: Lane): Float32Array => {
  let at = 0;
  for (const call of calls) {
    matrix.set(call.matrix, at);
    at += call.matrix.length;
  }
  return matrix.subarray(0, at);
};

const settle = (call: Call): void => {
  call.isOver = true;
  call.forget?.();
};

const cancelled = (): PlatformError => new Refused('PLAYHEAD_CANCELLED', 'the caller went away');

const tooLate = (deadlineMs: number): PlatformError =>
  new Refused(
    'PLAYHEAD_DEADLINE_EXCEEDED',
    deadlineMs > 0 ? `no score was there within ${deadlineMs} ms` : 'its time was over when it came',
  );
