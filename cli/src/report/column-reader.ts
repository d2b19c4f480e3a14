import { Refused } from '#kernel';
import type { ReportColumn } from '#drift';
import { formatOf, readRows, type Row } from '../produce/read-rows';

/** Rows that say what kind of column it is. */
const SAMPLE_ROWS = 10_000;
/** Rows handed on together. */
const CHUNK_ROWS = 8_192;
/** A column of more different texts is taken for free text. */
export const MOST_TEXTS = 16_384;

/** A column of a file as numbers: texts are numbered in the order in which they come, the same in all files. */
export interface FileColumn extends ReportColumn {
  readonly isText: boolean;
  readonly texts: Map<string, number>;
}

/**
 * The columns of a file, by its first 10,000 rows: numbers where every value there is one, else texts, which are categories.
 * @throws Refused PLAYHEAD_REQUEST_INVALID when the file has no rows or not these columns.
 */
export const columnsOf = async (
  path: string,
  names?: readonly string[],
  categorical: readonly string[] = [],
): Promise<readonly FileColumn[]> => {
  const sample: Row[] = [];
  for await (const row of readRows({ path, limit: SAMPLE_ROWS })) sample.push(row);
  if (sample.length === 0) throw new Refused('PLAYHEAD_REQUEST_INVALID', `${path} has no rows`);
  const all = [...new Set(sample.flatMap((row) => Object.keys(row)))];
  expectColumns(path, [...(names ?? []), ...categorical], all);
  return (names ?? all).map((name) => {
    const cells = sample.map((row) => row[name]).filter((cell) => !isMissing(cell));
    const isText = cells.some((cell) => Number.isNaN(numberIn(cell)));
    const isWritten = cells.some((cell) => typeof cell === 'string' && !/^[+-]?\d+$/.test(cell.trim()));
    const isCategory =
      isText || categorical.includes(name) || cells.some((cell) => typeof cell === 'boolean');
    return {
      name,
      isText,
      texts: new Map<string, number>(),
      ...(isCategory && { type: 'categorical' as const }),
      // 1.0 is a float to whoever reads the file with pandas.
      ...(isWritten && { integer: false }),
    };
  });
};

/** Every row of a file as chunks of columns; NaN where there is no value. The arrays are the same for each chunk. */
export async function* readColumns(
  path: string,
  columns: readonly FileColumn[],
): AsyncGenerator<readonly Float64Array[]> {
  const buffers = columns.map(() => new Float64Array(CHUNK_ROWS));
  let filled = 0;
  let number = 0;
  for await (const row of readRows({ path })) {
    number++;
    // Rows of NDJSON may leave out what they do not have.
    if (number === 1 && formatOf(path) !== 'ndjson')
      expectColumns(
        path,
        columns.map(({ name }) => name),
        Object.keys(row),
      );
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at]!;
      const cell = row[column.name];
      const value = isMissing(cell) ? Number.NaN : column.isText ? codeOf(column, cell) : numberIn(cell);
      if (Number.isNaN(value) && !isMissing(cell)) throw notANumber(path, number, column.name, cell);
      buffers[at]![filled] = value;
    }
    if (++filled === CHUNK_ROWS) {
      yield buffers;
      filled = 0;
    }
  }
  if (filled > 0) yield buffers.map((buffer) => buffer.subarray(0, filled));
}

/** Texts beyond the limit share one number: such a column is no category any more, and is not judged. */
const codeOf = ({ texts }: FileColumn, cell: unknown): number => {
  const text = String(cell);
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size > MOST_TEXTS) return MOST_TEXTS;
  texts.set(text, texts.size);
  return texts.size - 1;
};

const MISSING = new Set(['', 'nan', 'null', 'none', 'na', 'n/a']);

const isMissing = (cell: unknown): boolean =>
  cell === null ||
  cell === undefined ||
  (typeof cell === 'number' && Number.isNaN(cell)) ||
  (typeof cell === 'string' && cell.length < 5 && MISSING.has(cell.trim().toLowerCase()));

const numberIn = (cell: unknown): number => {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  if (typeof cell !== 'string') return Number.NaN;
  const text = cell.trim();
  // Number() would take these, too: they are no numbers of a table.
  return /^0[xob]/i.test(text) ? Number.NaN : Number(text.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity'));
};

const expectColumns = (path: string, wanted: readonly string[], present: readonly string[]): void => {
  const absent = wanted.filter((name) => !present.includes(name));
  if (absent.length > 0)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${path} has no column ${absent.join(', ')}; it has ${present.join(', ')}`,
    );
};

const notANumber = (path: string, row: number, name: string, cell: unknown): Refused =>
  new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `row ${row} of ${path} has ${JSON.stringify(cell)} in ${name}, which held numbers in the first ${SAMPLE_ROWS} rows of the reference; leave the column out with --columns`,
  );
