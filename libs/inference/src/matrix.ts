import { Refused } from '#kernel';

/**
 * Feature values as a model takes them: row after row in float32, null as NaN (missing).
 * @throws Refused PLAYHEAD_INFERENCE_INVALID when a row has another number of values.
 */
export const toMatrix = (
  rows: readonly (readonly (number | null)[])[],
  featureCount: number,
): Float32Array => {
  const matrix = new Float32Array(rows.length * featureCount);
  let at = 0;
  for (const row of rows) {
    if (row.length !== featureCount) {
      throw new Refused(
        'PLAYHEAD_INFERENCE_INVALID',
        `a row has ${row.length} values, the model takes ${featureCount}`,
      );
    }
    for (const value of row) matrix[at++] = value ?? Number.NaN;
  }
  return matrix;
};
