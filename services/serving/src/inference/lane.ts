import { MicroBatcher, type CancelSignal, type MicroBatcherOptions, type OnnxModel } from '#inference';
import { ModelStatistics } from './model-statistics';

/** Rows to score, and how long that is of use. */
export interface LaneCall {
  readonly rows: number;
  /** [rows, features] row after row; NaN = missing. */
  readonly matrix: Float32Array;
  /** When the answer is of no more use, on the clock of `performance.now()`. */
  readonly deadlineMs?: number;
  /** Aborted when the caller is gone. */
  readonly signal?: CancelSignal;
}

export interface LaneScores {
  readonly values: Float32Array;
  /** Numbers for each row. */
  readonly width: number;
  /** Inside the model, of the batch that the rows were in. */
  readonly inferMs: number;
  /** Rows of that batch. */
  readonly batchRows: number;
}

/** The way of requests to one version: gathered into batches, and what it has done counted. */
export class Lane {
  readonly statistics = new ModelStatistics();
  private model: OnnxModel | undefined;
  private batcher: MicroBatcher | undefined;

  constructor(private readonly batching: MicroBatcherOptions) {}

  /** Rejects as `MicroBatcher.infer` does. */
  async score(model: OnnxModel, { rows, matrix, deadlineMs, signal }: LaneCall): Promise<LaneScores> {
    const width = model.outputs;
    if (rows === 0) return { values: new Float32Array(0), width, inferMs: 0, batchRows: 0 };
    if (model !== this.model) this.begin(model);
    const limits =
      deadlineMs === undefined && signal === undefined
        ? undefined
        : { deadlineMs: deadlineMs === undefined ? undefined : deadlineMs - performance.now(), signal };
    const { values, computeNs, batchRows } = await this.batcher!.infer(matrix, limits);
    return { values, width, inferMs: computeNs / 1e6, batchRows };
  }

  /** Rows that wait for the model. */
  get waitingRows(): number {
    return this.batcher?.figures().queuedRows ?? 0;
  }

  /** Lets go of a model that may be no longer in memory; what waits is answered, the counts stay. */
  release(): void {
    void this.batcher?.close();
    this.model = this.batcher = undefined;
  }

  private begin(model: OnnxModel): void {
    void this.batcher?.close();
    this.model = model;
    const { featureCount, outputs, lanes } = model;
    const score = async (matrix: Float32Array): Promise<Float32Array> => {
      const beganMs = performance.now();
      const values = await model.score(matrix);
      this.statistics.executed(matrix.length / featureCount, performance.now() - beganMs);
      return values;
    };
    this.batcher = new MicroBatcher({ featureCount, outputs, lanes, score }, this.batching);
  }
}
