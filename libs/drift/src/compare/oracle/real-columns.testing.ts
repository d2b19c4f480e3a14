/** Columns of real streams, in pairs: what was and what came later. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

export const DATA = resolve(__dirname, '../../../../..', process.env.PLAYHEAD_DATA ?? '../shared/data');

export interface NamedColumn {
  readonly name: string;
  readonly reference: Float64Array;
  readonly current: Float64Array;
  /** Whether pandas is to hold it as integers. */
  readonly isInteger: boolean;
}

export interface ColumnPairs {
  readonly set: string;
  readonly columns: readonly NamedColumn[];
}

const FILES = [
  'fraud/transactions-2018-04-to-06.csv.gz',
  'elec2/elec2_data.dat',
  'bike/hour.csv',
  'ai4i/ai4i2020.csv',
  'cmapss/train_FD001.txt',
  'cmapss/test_FD001.txt',
].map((file) => join(DATA, file));

export const missingFiles = (): readonly string[] => FILES.filter((file) => !existsSync(file));

type Columns = Readonly<Record<string, Float64Array>>;
type Rows = readonly [from: number, to: number];

const pairs = (set: string, columns: Columns, reference: Rows, current: Rows): ColumnPairs => ({
  set,
  columns: Object.entries(columns).map(([name, values]) =>
    pairOf(name, values.slice(...reference), values.slice(...current)),
  ),
});

const pairOf = (name: string, reference: Float64Array, current: Float64Array): NamedColumn => ({
  name,
  reference,
  current,
  isInteger: [reference, current].every((side) => side.every(Number.isInteger)),
});

const linesOf = (path: string, separator: RegExp | string): string[][] => {
  const bytes = readFileSync(join(DATA, path));
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trim()
    .split(/\r?\n/)
    .map((line) => line.trim().split(separator));
};

const table = (rows: readonly string[][], names: readonly (string | null)[]): Columns =>
  Object.fromEntries(
    names.flatMap((name, at) =>
      name === null ? [] : [[name, Float64Array.from(rows, (row) => Number(row[at]))]],
    ),
  );

const csv = (path: string, wanted: readonly string[]): Columns => {
  const [head, ...rows] = linesOf(path, ',');
  return table(
    rows,
    head!.map((name) => (wanted.includes(name) ? name : null)),
  );
};

/** Nine numbers of each card payment, of the payment alone: windows would make this a test of the windows. */
export const payments = (): Columns => {
  const rows = linesOf('fraud/transactions-2018-04-to-06.csv.gz', ',').slice(1);
  const times = Float64Array.from(rows, (row) => Date.parse(`${row[1]!.replace(' ', 'T')}Z`));
  const column = (at: number): Float64Array => Float64Array.from(rows, (row) => Number(row[at]));
  const amounts = column(4);
  const previous = new Map<number, number>();
  const customers = column(2);
  return {
    customer: customers,
    terminal: column(3),
    amount: amounts,
    fraud: column(5),
    hour: times.map((time) => Math.floor(time / 3_600_000) % 24),
    weekday: times.map((time) => Math.floor(time / 86_400_000) % 7),
    second_of_day: times.map((time) => (time / 1000) % 86_400),
    rounded_amount: amounts.map((amount) => Math.round(amount / 10)),
    seconds_since: times.map((time, row) => {
      const before = previous.get(customers[row]!);
      previous.set(customers[row]!, time);
      return before === undefined ? Number.NaN : (time - before) / 1000;
    }),
  };
};

const present = ({ seconds_since: _, ...columns }: Columns): Columns => columns;

export const realColumns = (): readonly ColumnPairs[] => {
  const fraud = present(payments());
  const elec2 = table(linesOf('elec2/elec2_data.dat', /\s+/), [
    null,
    'day',
    'period',
    'nswprice',
    'nswdemand',
    'vicprice',
    'vicdemand',
    'transfer',
  ]);
  const bike = csv('bike/hour.csv', [
    'season',
    'hr',
    'holiday',
    'weekday',
    'weathersit',
    'temp',
    'atemp',
    'hum',
    'windspeed',
    'cnt',
  ]);
  const ai4i = csv('ai4i/ai4i2020.csv', [
    'Air temperature [K]',
    'Process temperature [K]',
    'Rotational speed [rpm]',
    'Torque [Nm]',
    'Tool wear [min]',
    'Machine failure',
  ]);
  const names = Array.from({ length: 26 }, (_, at) =>
    at === 0 ? null : at < 5 ? `setting_${at}` : `sensor_${at - 4}`,
  );
  const [train, test] = [linesOf('cmapss/train_FD001.txt', /\s+/), linesOf('cmapss/test_FD001.txt', /\s+/)];
  return [
    pairs('fraud_hours', fraud, [0, 900], [60_000, 60_700]),
    pairs('fraud_days', fraud, [0, 9_000], [300_000, 308_000]),
    pairs('fraud_weeks', fraud, [0, 65_000], [330_000, 395_000]),
    pairs('elec2_5k', elec2, [0, 5_000], [5_000, 10_000]),
    pairs('elec2_late', elec2, [20_000, 25_000], [40_000, 45_312]),
    pairs('bike_years', bike, [0, 8_645], [8_645, 17_379]),
    pairs('bike_months', bike, [0, 700], [8_645, 9_345]),
    pairs('ai4i_halves', ai4i, [0, 5_000], [5_000, 10_000]),
    pairs('ai4i_small', ai4i, [0, 500], [9_500, 10_000]),
    {
      set: 'cmapss',
      columns: Object.entries(table(train, names)).map(([name, values]) =>
        pairOf(name, values, table(test, names)[name]!),
      ),
    },
    { set: 'tiny', columns: pairs('', elec2, [20_000, 20_018], [40_000, 40_015]).columns },
  ];
};
