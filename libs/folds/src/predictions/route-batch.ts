import type { VectorHead } from '#contracts';
import type { LogRecord } from '#eventlog';
import { ContractViolation } from '#kernel';
import type { Scores } from './prediction';
import type { RouteParts } from './route-parts';
import type { ScoredRows } from './score-rows';

/** A vector in the batch that answers it. */
export interface Row {
  readonly record: LogRecord;
  readonly head: VectorHead;
  readonly batch: RouteBatch;
  /** In its batch. */
  readonly row: number;
}

/** What a route was asked in a round. */
export interface ServedRows {
  /** Append times of its vectors, also of those that it threw for. */
  readonly appended: readonly number[];
  /** Thrown for, or not finite. */
  readonly errors: number;
  readonly decided: number;
  readonly positives: number;
  /** Answers of one finite number, and their sum. */
  readonly scored: number;
  readonly scoreSum: number;
}

const UNSCORED: ScoredRows = { values: new Float32Array(0), width: 1, thrown: new Set() };

/** Vectors of a round that one route answers, over all partitions. */
export class RouteBatch {
  private readonly width: number;
  private readonly values: Float32Array;
  readonly appended: number[] = [];
  scores: ScoredRows = UNSCORED;

  constructor(
    readonly parts: RouteParts,
    /** Rows at most. */
    capacity: number,
  ) {
    this.width = parts.route.features.length;
    this.values = new Float32Array(capacity * this.width);
  }

  get rows(): number {
    return this.appended.length;
  }

  get matrix(): Float32Array {
    return this.values.subarray(0, this.rows * this.width);
  }

  /** @throws ContractViolation for a vector that does not carry what the route reads; it takes no row. */
  read(record: LogRecord): Row {
    const row = this.rows;
    const head = this.parts.vectors.read(record.value, this.values, row);
    this.appended.push(record.timestamp);
    return { record, head, batch: this, row };
  }

  /** Takes what a row reads without reading it again, where this route reads the same; its place here, or -1 where the vector does not carry it. */
  beside({ record, batch, row }: Row): number {
    const at = this.rows;
    const { route, vectors } = this.parts;
    if (route.revision === batch.parts.route.revision && this.width === batch.width)
      this.values.set(batch.values.subarray(row * this.width, (row + 1) * this.width), at * this.width);
    else
      try {
        vectors.readValues(record.value, this.values, at);
      } catch (error) {
        if (error instanceof ContractViolation) return -1;
        throw error;
      }
    this.appended.push(record.timestamp);
    return at;
  }

  served(): ServedRows {
    return servedRows(this.appended, this.scores, this.parts.deployment.threshold);
  }
}

/** `appended` has the append time of each row. */
export const servedRows = (
  appended: readonly number[],
  { values, width }: Scores,
  decidedAt: number | null,
): ServedRows => {
  const threshold = width === 1 ? decidedAt : null;
  let [errors, positives, scored, scoreSum] = [0, 0, 0, 0];
  for (let row = 0; row < appended.length; row++) {
    if (width !== 1) {
      if (!isFinite(values, row * width, width)) errors++;
      continue;
    }
    const score = values[row]!;
    if (!Number.isFinite(score)) {
      errors++;
      continue;
    }
    scored++;
    scoreSum += score;
    if (threshold !== null && score >= threshold) positives++;
  }
  return { appended, errors, decided: threshold === null ? 0 : scored, positives, scored, scoreSum };
};

const isFinite = (values: ArrayLike<number>, from: number, width: number): boolean => {
  for (let at = from; at < from + width; at++) if (!Number.isFinite(values[at])) return false;
  return true;
};
