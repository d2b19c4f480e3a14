import { messageOf } from '#kernel';
import type { RouteParts } from '../predictions/route-parts';
import type { ScoredRows } from '../predictions/score-rows';
import type { Asked } from './read-request';

/** Requests of a round that one route answers, over all partitions. */
export class RequestBatch {
  readonly requests: Asked[] = [];
  rows = 0;

  constructor(readonly route: RouteParts) {}

  add(asked: Asked): void {
    this.requests.push(asked);
    this.rows += asked.request!.rows;
  }

  /** Append times by row. */
  get appended(): number[] {
    return this.requests.flatMap(({ record, request }) =>
      Array<number>(request!.rows).fill(record.timestamp),
    );
  }

  get matrix(): Float32Array {
    if (this.requests.length === 1) return this.requests[0]!.request!.matrix;
    const matrix = new Float32Array(this.rows * this.route.route.features.length);
    let at = 0;
    for (const { request } of this.requests) {
      matrix.set(request!.matrix, at);
      at += request!.matrix.length;
    }
    return matrix;
  }

  /** Gives each request its rows; one of which a row was thrown for has the error. Gives those. */
  answer({ values, width, thrown, error }: ScoredRows): Asked[] {
    const failed: Asked[] = [];
    let from = 0;
    for (const asked of this.requests) {
      const to = from + asked.request!.rows;
      if (thrown.size > 0 && anyBetween(thrown, from, to)) {
        asked.answer = { error: `the model does not answer: ${messageOf(error)}` };
        failed.push(asked);
      } else asked.answer = { values: values.subarray(from * width, to * width), width };
      from = to;
    }
    return failed;
  }
}

const anyBetween = (rows: ReadonlySet<number>, from: number, to: number): boolean => {
  for (let row = from; row < to; row++) if (rows.has(row)) return true;
  return false;
};
