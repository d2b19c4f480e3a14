import {
  DriftReport,
  type ColumnReport,
  type DriftStatistic,
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
      const reference = await readInto((chunk) => drift.addReference(chunk), options.reference, columns);
      const current = await readInto((chunk) => drift.addCurrent(chunk), options.current, columns);
      const { reference: _, current: __, ...rule } = options;
      const isFree = freeTexts(columns, reference + current);
      const found = drift.result({ ...rule }, ({ name }) => !isFree(name));
      const texts = columns.filter(({ name }) => isFree(name)).map(({ name }) => name);
      if (options.json) printJson({ rows: { reference, current }, ...found, texts });
      else console.log(describe(found, texts));
    });
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
