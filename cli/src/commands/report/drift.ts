import {
  domainClassifier,
  DriftReport,
  EvenRows,
  reconstructionDrift,
  type ColumnReport,
  type DomainClassifier,
  type DriftStatistic,
  type ReconstructionDrift,
  type ReportResult,
  type ReportRule,
} from '#drift';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { printJson, progress } from '../../options';
import { columnsOf, MOST_TEXTS, readColumns, type FileColumn } from '../../report/column-reader';
import { plural, shortNumber, table } from '../../view/text';

const STATISTICS = [
  'auto',
  'psi',
  'jensen_shannon',
  'kl',
  'hellinger',
  'wasserstein',
  'energy',
  'kolmogorov_smirnov',
  'chi_square',
  'z_test',
  'cramer_von_mises',
  'anderson_darling',
] satisfies (DriftStatistic | 'auto')[];

interface Options extends ReportRule {
  readonly reference: string;
  readonly current: string;
  readonly columns?: readonly string[];
  readonly categorical?: readonly string[];
  readonly multivariate: boolean;
  readonly json: boolean;
}

export const addReportDrift = (report: Command): void => {
  report
    .command('drift')
    .description('how the columns of one file differ from those of another, each by a statistic of its kind')
    .requiredOption('--reference <file>', 'CSV, NDJSON or Parquet, by its ending: what was')
    .requiredOption('--current <file>', 'the same columns: what came later')
    .option('--columns <names>', 'only these, separated by commas', names)
    .option('--categorical <names>', 'these are categories although they are numbers', names)
    .addOption(
      new Option('--statistic <name>', 'auto chooses by type, rows and distinct values, as Evidently does')
        .choices(STATISTICS)
        .default('auto'),
    )
    .option('--threshold <n>', 'by default that of each statistic', positive)
    .addOption(
      new Option('--correction <name>', 'over the columns that are tested')
        .choices(['none', 'benjamini-hochberg'])
        .default('none'),
    )
    .option('--share <n>', 'drifted columns from which on the data set has drifted', positive, 0.5)
    .option(
      '--multivariate',
      'also whether the columns go together as before, on 10,000 rows of each side at most',
      false,
    )
    .option('--json', 'one JSON object as the last line of standard output, for programs', false)
    .addHelpText(
      'after',
      '\nFiles are read once, in memory that does not grow with them; columns with more than 16,384 distinct values are summarised,' +
        '\nand the report says which.' +
        '\n\nExample:\n  ./playhead report drift --reference march.csv --current april.csv' +
        '\n  ./playhead report drift --reference march.parquet --current april.parquet --statistic kolmogorov_smirnov --correction benjamini-hochberg --json',
    )
    .action(async (options: Options) => {
      const columns = await columnsOf(options.reference, options.columns, options.categorical);
      const drift = new DriftReport(columns);
      const sides = [new EvenRows(columns.length), new EvenRows(columns.length)] as const;
      const reading = (path: string, even: EvenRows, add: (chunk: readonly Float64Array[]) => void) =>
        readInto(
          (chunk) => {
            add(chunk);
            if (options.multivariate) even.add(chunk);
          },
          path,
          columns,
        );
      const reference = await reading(options.reference, sides[0], (chunk) => drift.addReference(chunk));
      const current = await reading(options.current, sides[1], (chunk) => drift.addCurrent(chunk));
      const isFree = freeTexts(columns, reference + current);
      const found = drift.result(options, ({ name }) => !isFree(name));
      const texts = columns.filter(({ name }) => isFree(name)).map(({ name }) => name);
      const multivariate = options.multivariate ? together(columns, sides) : null;
      if (options.json) printJson({ rows: { reference, current }, ...found, texts, multivariate });
      else console.log([describe(found, texts), ...describeTogether(multivariate)].join('\n'));
    });
};

interface Together {
  readonly classifier: DomainClassifier | null;
  readonly reconstruction: ReconstructionDrift | null;
}

/** Numbers only: the numbers of texts have no order. */
const together = (
  columns: readonly FileColumn[],
  [reference, current]: readonly [EvenRows, EvenRows],
): Together => {
  const numbersOf = (rows: EvenRows): readonly Float64Array[] =>
    rows.columns().filter((_, at) => !columns[at]!.isText);
  const [left, right] = [numbersOf(reference), numbersOf(current)];
  return { classifier: domainClassifier(left, right), reconstruction: reconstructionDrift(left, right) };
};

const describeTogether = (found: Together | null): string[] => {
  if (!found) return [];
  const { classifier, reconstruction } = found;
  const verdict = (drifted: boolean): string => (drifted ? 'DRIFT' : 'no drift');
  return [
    classifier
      ? `Together: a classifier tells the sides apart with an AUC of ${shortNumber(classifier.auc)} (limit ${classifier.threshold}): ${verdict(classifier.drifted)}.`
      : 'Together: too few rows for a classifier.',
    reconstruction
      ? `Together: reconstruction error ${shortNumber(reconstruction.error)} (${shortNumber(reconstruction.limits.min)} to ${shortNumber(reconstruction.limits.max)} in the reference): ${verdict(reconstruction.drifted)}.`
      : 'Together: no principal components: too few rows, or too few columns that go together.',
  ];
};

const names = (text: string): string[] => text.split(',').map((name) => name.trim());

const positive = (text: string): number => {
  const number = Number(text);
  if (!(number >= 0) || text.trim() === '') throw new InvalidArgumentError('It is a number from 0 on.');
  return number;
};

const REPORT_EVERY = 100_000;

const readInto = async (
  add: (chunk: readonly Float64Array[]) => void,
  path: string,
  columns: readonly FileColumn[],
): Promise<number> => {
  let rows = 0;
  for await (const chunk of readColumns(path, columns)) {
    add(chunk);
    const before = rows;
    rows += chunk[0]!.length;
    if (Math.floor(rows / REPORT_EVERY) > Math.floor(before / REPORT_EVERY))
      progress(`${path}: ${rows} rows`);
  }
  return rows;
};

/** Texts of which most are different are no categories. */
const freeTexts =
  (columns: readonly FileColumn[], rows: number) =>
  (name: string): boolean => {
    const { isText, texts } = columns.find((column) => column.name === name)!;
    return isText && (texts.size > MOST_TEXTS || texts.size > rows / 2);
  };

const describe = ({ columns, dataset, empty }: ReportResult, texts: readonly string[]): string => {
  const lines = [
    table(
      ['column', 'type', 'statistic', 'value', 'p', 'limit', 'drift', 'missing', 'new', 'summarised'],
      columns.map(cellsOf),
    ),
    '',
    `${dataset.drifted} of ${plural(dataset.columns, 'column')} drifted: the data set has ${dataset.isDrifted ? '' : 'not '}drifted.`,
  ];
  if (empty.length > 0) lines.push(`No values on a side: ${empty.join(', ')}.`);
  if (texts.length > 0) lines.push(`Free text, not judged: ${texts.join(', ')}.`);
  return lines.join('\n');
};

const percent = (share: number): string => `${shortNumber(Math.round(share * 1e4) / 100)} %`;

const cellsOf = (column: ColumnReport) => [
  column.name,
  column.type,
  column.statistic,
  shortNumber(column.value),
  shortNumber(column.adjustedPValue ?? column.pValue),
  shortNumber(column.threshold),
  column.drifted === null ? 'unknown' : column.drifted ? 'DRIFT' : '',
  `${percent(column.missing.reference)} -> ${percent(column.missing.current)}`,
  percent(column.unseen ?? column.outOfRange ?? 0),
  column.isExact ? '' : 'yes',
];
