/**
 * Elec2, the electricity market of New South Wales, as a stream: a model that is fitted once, one that is fitted again every 1,000 rows
 * on all rows so far, and models that learn from every label, by progressive validation (every row is predicted before its label is
 * seen) beside the baseline that says "as last time".
 *
 *     PLAYHEAD_DATA=../shared/data node dist/bench/learn/elec2.js       or  ./playhead bench elec2
 */
import {
  beginOnline,
  ProgressiveMeasure,
  trainerOf,
  type Observation,
  type OnlineKind,
  type ProgressiveReport,
} from '#learn';
import { renderTable, type Table } from '../src/report/table';
import { ELEC2_FEATURES, readElec2, tableOf } from './elec2-stream';

/** A model that is fitted once learns from the rows before this one. */
const FIRST = 10_000;
const EVERY = 1_000;
const SEED = 1;

/** What a contender does with the stream: `predict` before `learn`, row by row. */
interface Contender {
  predict(x: Float32Array, row: number): ArrayLike<number>;
  learn(observation: Observation, row: number): void;
}

const UNLEARNED = [1, 0];

/** Fitted anew on all rows so far whenever `isDue` after a row; says 0 before that. */
const fitted = (
  kind: string,
  parameters: Record<string, unknown>,
  stream: readonly Observation[],
  isDue: (rows: number) => boolean,
): Contender => {
  let predict: ((x: Float32Array) => Float64Array) | null = null;
  return {
    predict: (x) => {
      const probability = predict?.(x)[0];
      return probability === undefined ? UNLEARNED : [1 - probability, probability];
    },
    learn: (_, row) => {
      if (!isDue(row + 1)) return;
      const model = trainerOf(kind).fit(tableOf(stream, 0, row + 1), parameters, {
        task: 'binary',
        seed: SEED,
      });
      predict = (x) => model.predict(x);
    },
  };
};

const online = (kind: OnlineKind, parameters: Record<string, unknown>): Contender => {
  const learner = beginOnline({
    kind,
    task: 'binary',
    featureNames: ELEC2_FEATURES,
    classes: 2,
    parameters,
    seed: SEED,
  });
  return {
    predict: (x) => learner.predictOne(x),
    learn: ({ x, label }) => learner.learnOne(x, label),
  };
};

const noChange = (): Contender => {
  let last = UNLEARNED;
  return { predict: () => last, learn: ({ label }) => void (last = label === 1 ? [0, 1] : UNLEARNED) };
};

export interface Elec2Result {
  readonly name: string;
  /** Over the whole stream, and from row 10,000 on. */
  readonly all: ProgressiveReport;
  readonly later: ProgressiveReport;
  readonly rowsPerCpuSecond: number;
}

const measured = (name: string, contender: Contender, stream: readonly Observation[]): Elec2Result => {
  const all = new ProgressiveMeasure(2);
  const later = new ProgressiveMeasure(2);
  const before = process.cpuUsage();
  stream.forEach((observation, row) => {
    const said = contender.predict(observation.x as Float32Array, row);
    all.judge(all.say(said), observation.label);
    if (row >= FIRST)
      later.judge({ probabilities: said, noChange: stream[row - 1]!.label }, observation.label);
    contender.learn(observation, row);
  });
  const { user, system } = process.cpuUsage(before);
  return {
    name,
    all: all.report()!,
    later: later.report()!,
    rowsPerCpuSecond: stream.length / ((user + system) / 1e6),
  };
};

const TREES = { trees: 100, depth: 6, learning_rate: 0.1 };

export const elec2 = (stream: readonly Observation[], say: (line: string) => void): Elec2Result[] => {
  const once = (rows: number): boolean => rows === FIRST;
  const often = (rows: number): boolean => rows % EVERY === 0;
  const contenders: readonly (readonly [string, () => Contender])[] = [
    ['no change: as the last label', noChange],
    ['static logistic, first 10,000 rows', () => fitted('logistic', {}, stream, once)],
    ['static gbdt, first 10,000 rows', () => fitted('gbdt', TREES, stream, once)],
    ['logistic again each 1,000, all rows', () => fitted('logistic', {}, stream, often)],
    ['gbdt again each 1,000, all rows', () => fitted('gbdt', TREES, stream, often)],
    ['online-logistic, learning rate 0.01', () => online('online-logistic', { learning_rate: 0.01 })],
    ['online-logistic, learning rate 0.05', () => online('online-logistic', {})],
    ['online-logistic, learning rate 0.1', () => online('online-logistic', { learning_rate: 0.1 })],
    ['hoeffding-tree', () => online('hoeffding-tree', {})],
    ['adaptive-random-forest, 10 trees', () => online('adaptive-random-forest', {})],
  ];
  return contenders.map(([name, begin]) => {
    say(name);
    return measured(name, begin(), stream);
  });
};

const digits = (value: number | null): string => (value === null ? '-' : value.toFixed(4));

export const elec2Table = (results: readonly Elec2Result[]): Table => ({
  title: `elec2: ${results[0]!.all.observations} rows, six columns, progressive validation`,
  columns: [
    '',
    'accuracy',
    'kappa',
    'kappa temporal',
    'accuracy from 10,000 on',
    'kappa temporal',
    'rows a CPU second',
  ],
  rows: results.map(({ name, all, later, rowsPerCpuSecond }) => [
    name,
    digits(all.accuracy),
    digits(all.kappa),
    digits(all.kappa_temporal),
    digits(later.accuracy),
    digits(later.kappa_temporal),
    Math.round(rowsPerCpuSecond),
  ]),
});

if (require.main === module)
  console.log(renderTable(elec2Table(elec2(readElec2(), (line) => process.stderr.write(`${line}\n`)))));
