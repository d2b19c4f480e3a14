/** What a model answered on rows whose labels are known. */
export interface Scored {
  readonly labels: Float64Array;
  /** [rows, outputs] row after row. */
  readonly scores: Float64Array;
  /** Numbers for each row: the classes of a multiclass task, else 1. */
  readonly outputs: number;
  /** ranking: the query of each row; neighbours with the same number are one query. */
  readonly groups?: Float64Array;
}

/** Some of the rows, in the order given. */
export const pickScored = ({ labels, scores, outputs, groups }: Scored, rows: ArrayLike<number>): Scored => {
  const picked = new Float64Array(rows.length * outputs);
  for (let i = 0; i < rows.length; i++)
    for (let each = 0; each < outputs; each++)
      picked[i * outputs + each] = scores[rows[i]! * outputs + each]!;
  return {
    labels: Float64Array.from(rows, (row) => labels[row]!),
    scores: picked,
    outputs,
    ...(groups && { groups: Float64Array.from(rows, (row) => groups[row]!) }),
  };
};
