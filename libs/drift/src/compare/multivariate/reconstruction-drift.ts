import { learnedLimits } from '../../performance/chunk-performance';
import { chunksOf, orderInTime } from '../../profile/chunks';
import { principalComponents, reconstruction } from '../../profile/principal-components';

type Columns = readonly ArrayLike<number | null>[];

export interface ReconstructionDrift {
  /** Mean distance of a current row from what the reference's principal components say of it. */
  readonly error: number;
  /** Mean and three deviations of that of the reference's chunks: outside on either side is drift, as in NannyML. */
  readonly limits: { readonly min: number; readonly max: number };
  readonly drifted: boolean;
}

/** Columns that go together exactly leave errors of rounding alone, in deviations of a column. */
const ROUNDING = 1e-9;

/**
 * Whether rows still lie where the reference's columns go together (`principalComponents`). The columns' order of rows is their order in time.
 * Null where there are no components, or fewer than 100 reference rows.
 */
export const reconstructionDrift = (reference: Columns, current: Columns): ReconstructionDrift | null => {
  const components = principalComponents(reference, chunksOf(orderInTime(reference[0]?.length ?? 0)));
  const rows = current[0]?.length ?? 0;
  if (!components || rows === 0) return null;
  const distance = reconstruction(components);
  const vector = new Array<number | null>(current.length);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    current.forEach((column, at) => (vector[at] = column[row] as number | null));
    sum += distance(vector);
  }
  const error = sum / rows;
  const limits = learnedLimits(components.errors);
  return { error, limits, drifted: error < limits.min - ROUNDING || error > limits.max + ROUNDING };
};
