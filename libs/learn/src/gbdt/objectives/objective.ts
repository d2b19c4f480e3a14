/**
 * Where the rows of a table stand after the trees so far, and what boosting minimises about it. What is kept for a row is such that
 * a tree moves it without much work. Gradients are shortened so that sums of them are exact.
 */
export interface Objective {
  /** What `loss` is measured in. */
  readonly metric: string;
  /** Scores of a row; a round of boosting grows a tree for each. */
  readonly outputs: number;
  /** The best constant scores, by output. */
  bestConstants(): number[];
  /** Puts all rows to these scores. */
  startAt(constants: readonly number[]): void;
  /** Writes gradient and hessian (> 0) of each row into `gradients` [rows, 2]. */
  gradients(output: number, gradients: Float64Array): void;
  /** Moves each row by the value of its leaf. */
  advance(output: number, value: Float32Array, leafOf: Uint32Array): void;
  /** Called when each output has had its tree. */
  endRound(): void;
  /** What is minimised, over about every `step`th row. */
  loss(step: number): number;
}

/** The rows that an objective looks at. */
export interface LabelledRows {
  readonly labels: Float64Array;
  /** ranking: the query of each row. */
  readonly groups?: Float64Array;
}

/**
 * Adding and taking away `shortener` rounds a number of magnitude `largest` or less to a multiple of `unit`, a power of two so
 * chosen that the sum of `rows` such numbers fits a double without rounding. (Between 2^52 and 2^53 units a double has no
 * bits below one unit.)
 */
export const exactness = (largest: number, rows: number): { unit: number; shortener: number } => {
  if (largest === 0) return { unit: 0, shortener: 0 };
  const needed = (rows * largest) / TWO_52;
  let unit = 1;
  while (unit < needed) unit *= 2;
  while (unit / 2 >= needed) unit /= 2;
  return { unit, shortener: 1.5 * TWO_52 * unit };
};

const TWO_52 = 4503599627370496;
