/** Columns of real streams for tests beside other libraries, read from PLAYHEAD_DATA. */
import { spawn } from 'node:child_process';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { exp } from '#kernel';

const DATA = resolve(__dirname, '../../../..', process.env.PLAYHEAD_DATA ?? '../shared/data');
const ELEC2 = join(DATA, 'elec2');
const FRAUD = join(DATA, 'fraud/transactions-2018-04-to-06.csv.gz');

export const HAS_DATA = existsSync(ELEC2) && existsSync(FRAUD);
if (!HAS_DATA) process.stderr.write(`!! SKIPPED, not passed: ${DATA} is absent\n`);

export interface Elec2 {
  readonly labels: number[];
  /** date, day, period, nswprice, nswdemand, vicprice, vicdemand, transfer. */
  readonly columns: Readonly<Record<string, number[]>>;
}

export const readElec2 = (): Elec2 => {
  const numbers = (name: string): number[][] =>
    readFileSync(join(ELEC2, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) =>
        line
          .trim()
          .split(/[\s,]+/)
          .map(Number),
      );
  const rows = numbers('elec2_data.dat');
  const names = ['date', 'day', 'period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'];
  return {
    labels: numbers('elec2_label.dat').map(([label]) => label!),
    columns: Object.fromEntries(names.map((name, i) => [name, rows.map((row) => row[i]!)])),
  };
};

export interface Payments {
  readonly amount: number[];
  readonly fraud: number[];
  /** Seconds of the day. */
  readonly second: number[];
}

/** The first payments of the fraud stream. */
export const readPayments = async (most: number): Promise<Payments> => {
  const payments: Payments = { amount: [], fraud: [], second: [] };
  const lines = createInterface({ input: createReadStream(FRAUD).pipe(createGunzip()) });
  let names: string[] | undefined;
  for await (const line of lines) {
    const cells = line.split(',');
    if (!names) {
      names = cells;
      continue;
    }
    const of = (name: string): string => cells[names!.indexOf(name)]!;
    payments.amount.push(Number(of('TX_AMOUNT')));
    payments.fraud.push(Number(of('TX_FRAUD')));
    const [hours, minutes, seconds] = of('TX_DATETIME').slice(11).split(':').map(Number);
    payments.second.push(hours! * 3600 + minutes! * 60 + seconds!);
    if (payments.amount.length === most) break;
  }
  lines.close();
  return payments;
};

/** What a program of this folder answers to `asked`: JSON in, JSON as the last line out. */
export const ask = async <T>(python: string, program: string, asked: unknown): Promise<T> => {
  const child = spawn(python, [join(__dirname, program)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  child.stdin.end(JSON.stringify(asked));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}:\n${texts.err.slice(-2000)}`);
  // Libraries below may have talked before.
  return JSON.parse(texts.out.trimEnd().split('\n').at(-1)!) as T;
};

export interface Answers {
  /** The probability of 1 for each row, said before its label was learned. */
  readonly online: number[];
  /** The same by what was learned from the first rows alone. */
  readonly once: number[];
}

/** Logistic regression by stochastic gradient steps, one row after the other: a model whose errors drift. */
export const logisticAnswers = (
  columns: readonly (readonly number[])[],
  labels: readonly number[],
  learnedFrom: number,
): Answers => {
  const width = columns.length;
  const weights = new Float64Array(width + 1);
  let kept = weights;
  const say = (by: Float64Array, row: number): number =>
    1 / (1 + exp(-columns.reduce((sum, column, i) => sum + by[i]! * column[row]!, by[width]!)));
  const answers: Answers = { online: [], once: [] };
  labels.forEach((label, row) => {
    if (row === learnedFrom) kept = weights.slice();
    const probability = say(weights, row);
    answers.online.push(probability);
    answers.once.push(say(kept, row));
    const step = 0.05 * (label - probability);
    columns.forEach((column, i) => (weights[i]! += step * column[row]!));
    weights[width]! += step;
  });
  return answers;
};

export interface Rides {
  readonly labels: number[];
  readonly columns: Readonly<Record<string, number[]>>;
}

/** Bike rentals by hour. */
export const readRides = (): Rides => {
  const [head, ...lines] = readFileSync(join(DATA, 'bike/hour.csv'), 'utf8').trim().split(/\r?\n/);
  const names = head!.split(',');
  const rows = lines.map((line) => line.split(','));
  const of = (name: string): number[] => rows.map((row) => Number(row[names.indexOf(name)]));
  const used = ['hr', 'workingday', 'weekday', 'temp', 'hum', 'windspeed', 'weathersit'];
  return { labels: of('cnt'), columns: Object.fromEntries(used.map((name) => [name, of(name)])) };
};
