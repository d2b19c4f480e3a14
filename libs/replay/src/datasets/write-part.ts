import { writeParquet } from '#parquet';
import { columnsOf, partOf, type LabelledRows } from './labelled-rows';

export interface WrittenPart {
  readonly path: string;
  readonly rows: number;
  readonly positives: number | null;
}

/** One side as a Parquet file: equal rows give equal bytes, by the same version of the writer (one thread, rows in canonical order). */
export const writePart = async (
  rows: LabelledRows,
  side: 'train' | 'holdout',
  path: string,
): Promise<WrittenPart> => {
  const part = partOf(rows, side);
  await writeParquet(path, columnsOf(rows.features, rows.fields?.names), part.rows, part.cell);
  return { path, rows: part.rows, positives: part.positives };
};
