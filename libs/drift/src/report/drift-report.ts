import { Refused } from '#kernel';
import { benjaminiHochberg } from '../compare/benjamini-hochberg';
import { datasetDrift, type DatasetDrift } from '../compare/column-drift';
import { compareSamples, type SampleDrift } from '../compare/compare-samples';
import { pairSamples, type PairedSample } from '../compare/paired-sample';
import { isPresent } from '../profile/bins';
import { isTest, numberType, type ColumnType, type DriftStatistic } from '../compare/rules';
import { SampleSketch, SKETCH_CELLS } from './sample-sketch';

export interface ReportColumn {
  readonly name: string;
  /** By default as Evidently infers it of numbers (`numberType`). Texts come as numbers, one for each, and are categorical. */
  readonly type?: ColumnType;
  /** Whether pandas would hold both sides as integers; by default whether all values are whole numbers and none is missing. */
  readonly integer?: boolean;
}

export interface ReportRule {
  /** Default `auto`. */
  readonly statistic?: DriftStatistic | 'auto';
  /** By default that of each column's statistic. */
  readonly threshold?: number;
  /** Over the columns that have a p-value; their threshold is then the rate of false discoveries. Default none, as Evidently. */
  readonly correction?: 'none' | 'benjamini-hochberg';
  /** The data set has drifted from this share of drifted columns on. Default 0.5. */
  readonly share?: number;
}

/** Of the current side against the reference, as shares of rows. */
export interface ColumnQuality {
  readonly missing: { readonly reference: number; readonly current: number };
  /** Present current rows with a value that the reference does not have; null for numerical columns. */
  readonly unseen: number | null;
  /** Present current rows below the reference's smallest or above its largest value; null for categorical columns. */
  readonly outOfRange: number | null;
}

export interface ColumnReport extends SampleDrift, ColumnQuality {
  readonly name: string;
  readonly type: ColumnType;
  /** With and without a value. */
  readonly rows: { readonly reference: number; readonly current: number };
  /** Whether the figures are those of the columns themselves; else of their summaries (`DriftReport`). */
  readonly isExact: boolean;
  /** With the correction for many columns. */
  readonly adjustedPValue: number | null;
}

export interface ReportResult {
  /** Columns without values on a side are left out here. */
  readonly columns: readonly ColumnReport[];
  readonly dataset: DatasetDrift;
  /** Names of columns with no value on a side. */
  readonly empty: readonly string[];
}

type Column = ArrayLike<number | null>;

/**
 * A drift report of streams of rows, in memory that depends on the number of columns alone (2 MiB a column by default). Columns of at
 * most `cells` distinct values are exact. Of others a value is known up to the width of its cell, at most a 256th of its own magnitude where the
 * column takes all orders of magnitude, and mostly less (`SampleSketch`). So against whole columns: Wasserstein and energy differ by
 * less than that share of the mean magnitude, and mostly by far less, since values lie on both sides of a cell's mean; a distribution
 * function, so Kolmogorov-Smirnov, by at most the rows of the fullest cell; PSI, Jensen-Shannon and Kullback-Leibler by the rows of the
 * cells in which an edge of a bin falls; Hellinger has fewer bins, since it asks for the number of distinct values.
 */
export class DriftReport {
  private readonly reference: SampleSketch[];
  private readonly current: SampleSketch[];

  constructor(
    readonly columns: readonly ReportColumn[],
    cells = SKETCH_CELLS,
  ) {
    this.reference = columns.map(() => new SampleSketch(cells));
    this.current = columns.map(() => new SampleSketch(cells));
  }

  /** Further rows of the reference, a chunk of each column in the columns' order; Float64Array with NaN for missing is fastest. */
  addReference(chunk: readonly Column[]): void {
    this.add(this.reference, chunk);
  }

  /** Further rows of the current side. */
  addCurrent(chunk: readonly Column[]): void {
    this.add(this.current, chunk);
  }

  /** Takes in a report of other rows of the same columns. */
  merge(other: DriftReport): void {
    if (other.columns.length !== this.columns.length)
      throw new Refused('PLAYHEAD_DRIFT_INVALID', 'reports of other columns cannot be merged');
    this.reference.forEach((sketch, at) => sketch.merge(other.reference[at]!));
    this.current.forEach((sketch, at) => sketch.merge(other.current[at]!));
  }

  /** Of all columns, or of those that `isWanted`. */
  result(rule: ReportRule = {}, isWanted: (column: ReportColumn) => boolean = () => true): ReportResult {
    const sides = this.columns.flatMap((column, at) => {
      if (!isWanted(column)) return [];
      const [reference, current] = [this.reference[at]!, this.current[at]!];
      const isEmpty = reference.present === 0 || current.present === 0;
      const side: Sides = {
        column,
        rows: { reference: reference.rows, current: current.rows },
        missing: {
          reference: share(reference.missing, reference.rows),
          current: share(current.missing, current.rows),
        },
        sample: isEmpty ? undefined : SampleSketch.pair(reference, current, column),
        currentDistinct: current.distinct,
        isExact: reference.isExact && current.isExact,
      };
      return [side];
    });
    return resultOf(sides, rule);
  }

  private add(sketches: readonly SampleSketch[], chunk: readonly Column[]): void {
    if (chunk.length !== sketches.length)
      throw new Refused(
        'PLAYHEAD_DRIFT_INVALID',
        `a chunk of ${chunk.length} columns; the report has ${sketches.length}`,
      );
    sketches.forEach((sketch, at) => sketch.observe(chunk[at]!));
  }
}

/** The same report of whole columns in memory, exact. */
export const reportColumns = (
  columns: readonly ReportColumn[],
  reference: readonly Column[],
  current: readonly Column[],
  rule: ReportRule = {},
): ReportResult =>
  resultOf(
    columns.map((column, at) => {
      const [left, right] = [reference[at]!, current[at]!];
      const missing = { reference: missingOf(left), current: missingOf(right) };
      const isEmpty = missing.reference === left.length || missing.current === right.length;
      const sample = isEmpty ? undefined : pairSamples(left, right, column);
      return {
        column,
        rows: { reference: left.length, current: right.length },
        missing: {
          reference: share(missing.reference, left.length),
          current: share(missing.current, right.length),
        },
        sample,
        currentDistinct: sample?.current.reduce((sum, count) => (count > 0 ? sum + 1 : sum), 0) ?? 0,
        isExact: true,
      };
    }),
    rule,
  );

interface Sides {
  readonly column: ReportColumn;
  readonly rows: ColumnReport['rows'];
  readonly missing: ColumnQuality['missing'];
  readonly sample: PairedSample | undefined;
  readonly currentDistinct: number;
  readonly isExact: boolean;
}

/** These go by the order of values. */
const ORDERED: readonly string[] = [
  'kolmogorov_smirnov',
  'wasserstein',
  'cramer_von_mises',
  'energy',
  'anderson_darling',
] satisfies DriftStatistic[];

/** Categories have no order: where a statistic needs one, they are compared by the automatic choice. */
const fitting = (asked: ReportRule['statistic'], type: ColumnType): ReportRule['statistic'] =>
  type === 'categorical' && asked !== undefined && ORDERED.includes(asked) ? 'auto' : asked;

const resultOf = (sides: readonly Sides[], rule: ReportRule): ReportResult => {
  const columns = sides.flatMap(({ column, rows, missing, sample, currentDistinct, isExact }) => {
    if (!sample) return [];
    const type = column.type ?? numberType(sample.isInteger, currentDistinct);
    return [
      {
        name: column.name,
        type,
        rows,
        missing,
        ...qualityOf(sample, type),
        ...compareSamples(sample, { ...rule, type, statistic: fitting(rule.statistic, type) }),
        isExact,
        adjustedPValue: null,
      },
    ];
  });
  const judged = rule.correction === 'benjamini-hochberg' ? corrected(columns) : columns;
  return {
    columns: judged,
    dataset: datasetDrift(judged, rule.share),
    empty: sides.flatMap(({ column, sample }) => (sample ? [] : [column.name])),
  };
};

/** Each column at its own threshold, taken as the rate of false discoveries among all columns with a p-value. */
const corrected = (columns: readonly ColumnReport[]): ColumnReport[] => {
  const { adjusted } = benjaminiHochberg(
    columns.map(({ pValue }) => pValue),
    0,
  );
  return columns.map((column, at) => {
    const adjustedPValue = adjusted[at]!;
    if (adjustedPValue === null || !isTest(column.statistic)) return column;
    return { ...column, adjustedPValue, drifted: adjustedPValue <= column.threshold };
  });
};

const qualityOf = (
  { values, reference, current, rows }: PairedSample,
  type: ColumnType,
): Pick<ColumnQuality, 'unseen' | 'outOfRange'> => {
  let unseen = 0;
  let outside = 0;
  let left = 0;
  for (let at = 0; at < values.length; at++) {
    if (reference[at] === 0) {
      unseen += current[at]!;
      if (left === 0 || left === rows.reference) outside += current[at]!;
    }
    left += reference[at]!;
  }
  return type === 'categorical'
    ? { unseen: unseen / rows.current, outOfRange: null }
    : { unseen: null, outOfRange: outside / rows.current };
};

const missingOf = (column: Column): number => {
  let missing = 0;
  for (let row = 0; row < column.length; row++) if (!isPresent(column[row] as number | null)) missing++;
  return missing;
};

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
