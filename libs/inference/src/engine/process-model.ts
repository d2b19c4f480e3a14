import { Defect, PlatformError, Refused, TransientFailure, messageOf } from '#kernel';
import type { LoadOptions, OnnxModel } from '../onnx-model';
import { type Scorer, ScorerLost, type Tried } from './scorer';

export interface ProcessModelParts {
  readonly bytes: Uint8Array;
  readonly options: LoadOptions;
  readonly tried: Tried;
  readonly lanes: number;
  readonly start: () => Scorer;
  /** How long a batch may take, at least; one that is measured to cost much has more. */
  readonly scoreTimeoutMs: number;
  /** Told of each scorer that was lost. */
  readonly onLost?: ((reason: string) => void) | undefined;
}

/** A batch that takes so many times what was measured hangs. */
const PATIENCE = 50;
const SMALLEST_PIECE = 8;
const LARGEST_PIECE = 256;

/**
 * A model that is scored in processes of its own. Rows go to whichever is free; a process that dies, or takes too long, is replaced and its rows
 * are given to another one, once: rows that end two are refused, and nothing else happens to this process.
 */
export class ProcessModel implements OnnxModel {
  readonly digest;
  readonly task;
  readonly featureCount;
  readonly outputName;
  readonly outputs;
  readonly fingerprint;
  readonly lanes: number;
  private readonly idle: Scorer[] = [];
  private readonly all = new Set<Scorer>();
  private readonly waiting: { resolve(scorer: Scorer): void; reject(error: unknown): void }[] = [];
  private readonly running = new Set<Promise<Float32Array>>();
  private starting = 0;
  /** Of all processes when they had loaded the model. */
  processBytes = 0;
  private closing: Promise<void> | undefined;

  private constructor(private readonly parts: ProcessModelParts) {
    const { digest, task, featureCount, outputName, outputs, fingerprint } = parts.tried.described;
    this.digest = digest;
    this.task = task;
    this.featureCount = featureCount;
    this.outputName = outputName;
    this.outputs = outputs;
    this.fingerprint = fingerprint;
    this.lanes = parts.lanes;
  }

  /** Resolves when all its processes hold the model. */
  static async open(parts: ProcessModelParts): Promise<ProcessModel> {
    const model = new ProcessModel(parts);
    try {
      await Promise.all(Array.from({ length: parts.lanes }, () => model.startOne()));
    } catch (error) {
      await model.close();
      throw error;
    }
    return model;
  }

  score(matrix: Float32Array): Promise<Float32Array> {
    if (this.closing)
      return Promise.reject(new Defect(`model ${this.digest} was asked for scores after it was closed`));
    const scores = this.scorePieces(matrix);
    this.running.add(scores);
    const settled = () => this.running.delete(scores);
    scores.then(settled, settled);
    return scores;
  }

  close(): Promise<void> {
    this.closing ??= Promise.allSettled([...this.running]).then(() => {
      for (const scorer of this.all) scorer.kill();
    });
    return this.closing;
  }

  private async scorePieces(matrix: Float32Array): Promise<Float32Array> {
    const { featureCount, outputs, lanes } = this;
    const rows = matrix.length / featureCount;
    if (!Number.isInteger(rows)) {
      throw new Refused(
        'PLAYHEAD_INFERENCE_INVALID',
        `${matrix.length} values are no whole number of rows of ${featureCount} features`,
      );
    }
    const pieceRows = Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, Math.ceil(rows / lanes)));
    if (rows > 0 && rows <= pieceRows) return this.scorePiece(matrix);
    const scores = new Float32Array(rows * outputs);
    await Promise.all(
      Array.from({ length: Math.ceil(rows / pieceRows) }, async (_, k) => {
        const [from, to] = [k * pieceRows, Math.min((k + 1) * pieceRows, rows)];
        scores.set(
          await this.scorePiece(matrix.subarray(from * featureCount, to * featureCount)),
          from * outputs,
        );
      }),
    );
    return scores;
  }

  private async scorePiece(piece: Float32Array): Promise<Float32Array> {
    const timeoutMs = Math.max(
      this.parts.scoreTimeoutMs,
      (PATIENCE * this.parts.tried.cost.rowUs * (piece.length / this.featureCount)) / 1_000,
    );
    for (let attempt = 1; ; attempt++) {
      const scorer = await this.take();
      try {
        return await scorer.score(piece, timeoutMs);
      } catch (error) {
        if (!(error instanceof ScorerLost)) throw error;
        this.parts.onLost?.(error.message);
        if (attempt === 2)
          throw new Refused(
            'PLAYHEAD_INFERENCE_FAILED',
            `model ${this.digest} gave no answer for ${piece.length / this.featureCount} rows, twice: ${error.message}`,
          );
      } finally {
        this.giveBack(scorer);
      }
    }
  }

  private take(): Promise<Scorer> {
    for (let scorer = this.idle.pop(); scorer; scorer = this.idle.pop()) {
      if (scorer.isAlive) return Promise.resolve(scorer);
      this.all.delete(scorer);
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.refill();
    });
  }

  private giveBack(scorer: Scorer): void {
    if (scorer.isAlive) this.free(scorer);
    else {
      this.all.delete(scorer);
      this.refill();
    }
  }

  private free(scorer: Scorer): void {
    const next = this.waiting.shift();
    if (next) next.resolve(scorer);
    else this.idle.push(scorer);
  }

  /** As many as there should be. Where none can be started, those that wait are told to come again. */
  private refill(): void {
    if (this.closing) return;
    while (this.all.size + this.starting < this.lanes)
      void this.startOne().catch((error: unknown) => {
        const away =
          error instanceof PlatformError && error.disposition === 'retry'
            ? error
            : new TransientFailure(
                'PLAYHEAD_NOT_READY',
                `no process for model ${this.digest}: ${messageOf(error)}`,
              );
        if (this.all.size === 0) for (const { reject } of this.waiting.splice(0)) reject(away);
      });
  }

  private async startOne(): Promise<void> {
    const { bytes, options, tried, start } = this.parts;
    this.starting++;
    let scorer: Scorer | undefined;
    try {
      scorer = start();
      const loaded = await scorer.load(bytes, options, tried.cost);
      this.processBytes = this.lanes * loaded.processBytes;
      this.add(scorer);
    } catch (error) {
      scorer?.kill();
      throw error;
    } finally {
      this.starting--;
    }
  }

  private add(scorer: Scorer): void {
    if (this.closing && this.running.size === 0) return scorer.kill();
    this.all.add(scorer);
    this.free(scorer);
  }
}
